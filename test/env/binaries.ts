import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Cache, cacheRoot } from "./binaries/cache.ts";
import { bundleKey, type DebianBundle, lacksForDebian, unpackBundle } from "./binaries/debian.ts";
import { chromium, servers } from "./binaries/debian-bundles.ts";
import { buildGoTool, type GoBuild, lacksForGo, planGoBuild } from "./binaries/go-build.ts";
import {
  cfssl,
  compose,
  containerd,
  containerdCri,
  dockerCli,
  etcd,
  helm,
  helm4,
  kstatus,
  kubernetes,
  kubernetesNode,
  moby,
  runc,
  stepCa,
} from "./binaries/go-tools.ts";
import { EnvironmentUnavailable, type Lack } from "./binaries/missing.ts";
import { outputOf } from "./binaries/run-command.ts";
import { type Log, timed } from "./binaries/timed.ts";

/** A Docker daemon with everything that it needs. */
export interface DockerBinaries {
  readonly dockerd: string;
  readonly containerd: string;
  /** Environment of both: where they find the shim and runc, and their libraries. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Absolute paths of the programs that the test environment runs. */
export interface Binaries {
  readonly kubeApiserver: string;
  readonly etcd: string;
  readonly kubectl: string;
  readonly helm: string;
  readonly helm4: string;
  /** Reads a list of objects on its standard input, and prints what kstatus says about each, one per line. */
  readonly kstatus: string;
  readonly oldDocker: DockerBinaries;
  readonly newDocker: DockerBinaries;
  /** The command line of Docker 20.10. */
  readonly docker: string;
  /** The command line of Docker 29. */
  readonly newDockerCli: string;
  /** Docker Compose, as a program of its own. */
  readonly compose: string;
  readonly registry: string;
  /** Statically linked. */
  readonly busybox: string;
  readonly debian: DebianPrograms;
  readonly authorities: AuthorityPrograms;
  readonly node: NodePrograms;
  readonly browser: BrowserPrograms;
}

/** Chromium without a window. */
export interface BrowserPrograms {
  readonly chromium: string;
  /** The folder of the fonts that it uses, so that pages look the same on every machine. */
  readonly fonts: string;
  /** Where it finds its libraries. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What runs pods, in addition to the API server. */
export interface NodePrograms {
  readonly kubelet: string;
  readonly scheduler: string;
  readonly controllerManager: string;
  /** Built to serve a kubelet. */
  readonly containerd: string;
  readonly ctr: string;
  /** With seccomp. */
  readonly runc: string;
  /** The folder of the network plugins. */
  readonly cni: string;
  /** Environment of containerd: where it finds the shim, and runc its libraries. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Certificate authorities that the documentation names, each with its command line. */
export interface AuthorityPrograms {
  readonly stepCa: string;
  readonly step: string;
  readonly cfssl: string;
  readonly cfssljson: string;
}

/** Programs of Debian's packages, unpacked below a folder of the cache. */
export interface DebianPrograms {
  readonly sshd: string;
  readonly sshKeygen: string;
  readonly haproxy: string;
  readonly nginx: string;
  readonly podman: string;
  readonly openssl: string;
  readonly jq: string;
  readonly lua: string;
  readonly promtool: string;
  readonly prometheus: string;
  /** The folder that becomes `/`. */
  readonly root: string;
  /** Where they find each other and their libraries. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface SetUpOptions {
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Finds each program: where an environment variable names it, else in the cache, which is filled from Go modules and
 * Debian's packages where it lacks something. Throws EnvironmentUnavailable where the machine cannot have them.
 */
export async function setUpBinaries({ log, environment }: SetUpOptions): Promise<Binaries> {
  const cache = new Cache(cacheRoot(environment));
  const assets = environment.KUBEBUILDER_ASSETS || undefined;
  const controlPlane = assets === undefined ? [kubernetes, etcd] : [];
  const tools = [
    ...controlPlane,
    kubernetesNode,
    moby,
    containerd,
    containerdCri,
    runc,
    stepCa,
    cfssl,
    helm,
    helm4,
    kstatus,
    compose,
    dockerCli,
  ];
  const builds = await Promise.all(tools.map(planGoBuild));
  const missing = await missingFrom(cache, builds);
  const lacks = await lacksFor(missing);
  if (lacks.length > 0) throw new EnvironmentUnavailable(lacks);
  await fillCache(cache, missing, log);

  const built = new Map(builds.map(({ tool, key }) => [tool, cache.folder(key)]));
  const program = (tool: typeof kubernetes, name: string) => join(built.get(tool) ?? assets ?? "", name);
  const debian = cache.folder(bundleKey(servers));
  const browser = cache.folder(bundleKey(chromium));
  const debianEnvironment = {
    PATH: searchPath([join(debian, "usr/bin"), join(debian, "usr/sbin")]),
    LD_LIBRARY_PATH: librariesBelow(debian),
  };
  const binaries: Binaries = {
    kubeApiserver: program(kubernetes, "kube-apiserver"),
    etcd: program(etcd, "etcd"),
    kubectl: program(kubernetes, "kubectl"),
    helm: program(helm, "helm"),
    helm4: program(helm4, "helm"),
    kstatus: program(kstatus, "kstatus"),
    newDocker: {
      dockerd: program(moby, "dockerd"),
      containerd: program(containerd, "containerd"),
      environment: { PATH: searchPath([built.get(containerd) ?? "", built.get(runc) ?? ""]) },
    },
    oldDocker: {
      dockerd: join(debian, "usr/sbin/dockerd"),
      containerd: join(debian, "usr/bin/containerd"),
      environment: debianEnvironment,
    },
    docker: join(debian, "usr/bin/docker"),
    newDockerCli: program(dockerCli, "docker"),
    compose: program(compose, "docker-compose"),
    registry: join(debian, "usr/bin/docker-registry"),
    busybox: join(debian, "bin/busybox"),
    debian: {
      sshd: join(debian, "usr/sbin/sshd"),
      sshKeygen: join(debian, "usr/bin/ssh-keygen"),
      haproxy: join(debian, "usr/sbin/haproxy"),
      nginx: join(debian, "usr/sbin/nginx"),
      podman: join(debian, "usr/bin/podman"),
      openssl: join(debian, "usr/bin/openssl"),
      jq: join(debian, "usr/bin/jq"),
      lua: join(debian, "usr/bin/lua5.1"),
      promtool: join(debian, "usr/bin/promtool"),
      prometheus: join(debian, "usr/bin/prometheus"),
      root: debian,
      environment: debianEnvironment,
    },
    authorities: {
      stepCa: program(stepCa, "step-ca"),
      step: program(stepCa, "step"),
      cfssl: program(cfssl, "cfssl"),
      cfssljson: program(cfssl, "cfssljson"),
    },
    node: {
      kubelet: program(kubernetesNode, "kubelet"),
      scheduler: program(kubernetesNode, "kube-scheduler"),
      controllerManager: program(kubernetesNode, "kube-controller-manager"),
      containerd: program(containerdCri, "containerd"),
      ctr: program(containerdCri, "ctr"),
      runc: join(debian, "usr/sbin/runc"),
      cni: join(debian, "usr/lib/cni"),
      environment: { ...debianEnvironment, PATH: searchPath([built.get(containerd) ?? ""]) },
    },
    browser: {
      chromium: join(browser, "usr/lib/chromium/chromium-headless-shell"),
      fonts: join(browser, "usr/share/fonts"),
      environment: {
        LD_LIBRARY_PATH: [librariesBelow(browser), join(browser, "usr/lib", multiarch(), "pulseaudio")].join(delimiter),
      },
    },
  };
  if (assets !== undefined) await requirePrograms([binaries.kubeApiserver, binaries.etcd, binaries.kubectl]);
  return binaries;
}

/** What is not in the cache. */
interface Missing {
  readonly builds: readonly GoBuild[];
  readonly bundles: readonly DebianBundle[];
}

async function missingFrom(cache: Cache, builds: readonly GoBuild[]): Promise<Missing> {
  const present = await Promise.all(builds.map(({ key }) => cache.has(key)));
  const bundles = [];
  for (const bundle of [servers, chromium]) if (!(await cache.has(bundleKey(bundle)))) bundles.push(bundle);
  return { builds: builds.filter((_, index) => !present[index]), bundles };
}

/** What this machine lacks to make what is missing, and to run it. */
async function lacksFor(missing: Missing): Promise<Lack[]> {
  if (process.platform !== "linux") {
    return [
      { what: `it runs ${process.platform}, not Linux`, remedy: "Run the tests on Linux (a virtual machine will do)" },
    ];
  }
  const root = process.getuid?.() === 0;
  const links = await outputOf("ip", ["link", "show", "lo"]);
  return [
    ...(root ? [] : [{ what: "this user is not root, as whom Docker daemons run", remedy: "Run the tests as root" }]),
    ...(links === undefined ? [{ what: "there is no ip command", remedy: "Install iproute2" }] : []),
    ...(missing.builds.length > 0 ? await lacksForGo(missing.builds) : []),
    ...(missing.bundles.length > 0 ? await lacksForDebian() : []),
  ];
}

/** One step after the other: a single Go build uses every core already. */
async function fillCache(cache: Cache, { builds, bundles }: Missing, log: Log): Promise<void> {
  if (builds.length + bundles.length === 0) return;
  const onWait = () => log("another run is setting up the same program; waiting for it ...");
  await timed(log, `setting up the programs of the test servers in ${cache.root} (once)`, async () => {
    for (const bundle of bundles)
      await cache.fill(bundleKey(bundle), onWait, (folder) => unpackBundle(bundle, folder, log));
    for (const build of builds) await cache.fill(build.key, onWait, (folder) => buildGoTool(build, folder, log));
  });
}

/** An environment variable may name a folder that does not hold them. */
async function requirePrograms(programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    await access(program, constants.X_OK).catch((cause: Error) => {
      throw new Error(`${program} cannot be run; KUBEBUILDER_ASSETS must name a folder that holds it`, { cause });
    });
  }
}

function searchPath(folders: readonly string[]): string {
  return [...folders, "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(delimiter);
}

function librariesBelow(folder: string): string {
  return ["lib", "usr/lib"].map((name) => join(folder, name, multiarch())).join(delimiter);
}

/** The name of Debian's library folders on this machine. */
function multiarch(): string {
  return process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}
