/** Programs that are built from one Go module of test/env/tools/. */
export interface GoTool {
  /** The folder below test/env/tools/ with the go.mod. */
  readonly name: string;
  /** The module whose version is the tool's. */
  readonly module: string;
  /** Program name to Go package. */
  readonly programs: Readonly<Record<string, string>>;
  /** Our own Go files next to the go.mod. */
  readonly sources?: readonly string[];
  readonly tags?: string;
  /** Whether the build needs a C compiler. */
  readonly cgo?: boolean;
  /** Flags of the compiler for some packages, as `-gcflags` takes them. */
  readonly compilerFlags?: string;
  /** Variables to set at link time, of the tool's version (`v1.36.3`). */
  readonly variables?: (version: string) => Readonly<Record<string, string>>;
}

/** kube-apiserver reports what is set here; without it, it calls itself v0.0.0 and clients misjudge it. */
function kubernetesVersion(version: string): Readonly<Record<string, string>> {
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const packagePath = "k8s.io/component-base/version";
  return {
    [`${packagePath}.gitVersion`]: version,
    [`${packagePath}.gitMajor`]: major,
    [`${packagePath}.gitMinor`]: minor,
  };
}

export const kubernetes: GoTool = {
  name: "kubernetes",
  module: "k8s.io/kubernetes",
  programs: { "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver", kubectl: "k8s.io/kubernetes/cmd/kubectl" },
  variables: kubernetesVersion,
};

/** What makes a node of the API server; apart from it, since KUBEBUILDER_ASSETS brings none of them. */
export const kubernetesNode: GoTool = {
  name: "kubernetes",
  module: "k8s.io/kubernetes",
  programs: {
    kubelet: "k8s.io/kubernetes/cmd/kubelet",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  },
  variables: kubernetesVersion,
};

export const etcd: GoTool = {
  name: "etcd",
  module: "go.etcd.io/etcd/server/v3",
  programs: { etcd: "go.etcd.io/etcd/server/v3" },
};

/** dockerd 29: the module is versioned apart (v2.0.0-beta.N), so the daemon's own version is given here. */
export const moby: GoTool = {
  name: "moby",
  module: "github.com/moby/moby/v2",
  programs: { dockerd: "github.com/moby/moby/v2/cmd/dockerd" },
  variables: () => ({ "github.com/moby/moby/v2/dockerversion.Version": "29.0.0" }),
};

export const containerd: GoTool = {
  name: "containerd",
  module: "github.com/containerd/containerd/v2",
  programs: {
    containerd: "github.com/containerd/containerd/v2/cmd/containerd",
    "containerd-shim-runc-v2": "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
  },
  tags: "no_btrfs,no_cri,no_zfs,no_devmapper",
};

/** The same for a kubelet, and the command line that brings images in. The shim is that of the other build. */
export const containerdCri: GoTool = {
  name: "containerd",
  module: "github.com/containerd/containerd/v2",
  programs: {
    containerd: "github.com/containerd/containerd/v2/cmd/containerd",
    ctr: "github.com/containerd/containerd/v2/cmd/ctr",
  },
  tags: "no_btrfs,no_zfs,no_devmapper",
};

/** Without the seccomp tag, which would need libseccomp's headers; dockerd is started without a seccomp profile instead. */
export const runc: GoTool = {
  name: "runc",
  module: "github.com/opencontainers/runc",
  programs: { runc: "github.com/opencontainers/runc" },
  cgo: true,
};

/** The certificate authority and its command line. */
export const stepCa: GoTool = {
  name: "step-ca",
  module: "github.com/smallstep/certificates",
  programs: { "step-ca": "github.com/smallstep/certificates/cmd/step-ca", step: "github.com/smallstep/cli/cmd/step" },
};

export const cfssl: GoTool = {
  name: "cfssl",
  module: "github.com/cloudflare/cfssl",
  programs: {
    cfssl: "github.com/cloudflare/cfssl/cmd/cfssl",
    cfssljson: "github.com/cloudflare/cfssl/cmd/cfssljson",
  },
};

/** A library; the program that asks it is ours. */
export const kstatus: GoTool = {
  name: "kstatus",
  module: "sigs.k8s.io/cli-utils",
  programs: { kstatus: "." },
  sources: ["main.go"],
};

/** As its own Makefile sets them: without, helm renders for Kubernetes 1.20 where it is asked without a cluster. */
function helmVariables(version: string): Readonly<Record<string, string>> {
  const kubernetes = ["pkg/chartutil", "pkg/lint/rules"].flatMap((folder) => [
    [`helm.sh/helm/v3/${folder}.k8sVersionMajor`, "1"],
    [`helm.sh/helm/v3/${folder}.k8sVersionMinor`, "37"],
  ]);
  return { "helm.sh/helm/v3/internal/version.version": version, ...Object.fromEntries(kubernetes) };
}

export const helm: GoTool = {
  name: "helm",
  module: "helm.sh/helm/v3",
  programs: { helm: "helm.sh/helm/v3/cmd/helm" },
  variables: helmVariables,
};

/** It takes the version of Kubernetes from the module of its client, so only its own has to be set. */
export const helm4: GoTool = {
  name: "helm4",
  module: "helm.sh/helm/v4",
  programs: { helm: "helm.sh/helm/v4/cmd/helm" },
  variables: (version) => ({ "helm.sh/helm/v4/internal/version.version": version }),
};

export const compose: GoTool = {
  name: "compose",
  module: "github.com/docker/compose/v5",
  programs: { "docker-compose": "github.com/docker/compose/v5/cmd" },
  variables: (version) => ({ "github.com/docker/compose/v5/internal.Version": version }),
};

/** The command line of Docker 29. Its module has no go.mod, without which Go takes it for code of Go 1.16. */
export const dockerCli: GoTool = {
  name: "docker",
  module: "github.com/docker/cli",
  programs: { docker: "github.com/docker/cli/cmd/docker" },
  compilerFlags: "github.com/docker/cli/...=-lang=go1.26",
  variables: (version) => ({ "github.com/docker/cli/cli/version.Version": version.replace(/^v|\+.*$/g, "") }),
};
