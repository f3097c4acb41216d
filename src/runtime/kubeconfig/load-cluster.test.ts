import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { systemClock } from "../../common/clock.ts";
import { type LoadOptions, loadCluster as load } from "./load-cluster.ts";

const signal = new AbortController().signal;

function loadCluster(options: Partial<LoadOptions>) {
  const warn = () => undefined;
  return load({ env: {}, manner: "kubectl", clock: systemClock, signal, warn, showsErrors: false, ...options });
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-config-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Parts {
  readonly name?: string;
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

async function kubeconfig({ name = "one", cluster, user, context }: Parts = {}): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const config = {
    clusters: [{ name, cluster: { server: `https://${name}.example.com:6443/prefix`, ...cluster } }],
    users: [{ name, user: { token: `${name}-token`, ...user } }],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
    "current-context": name,
  };
  await writeFile(path, stringify(config));
  return path;
}

describe("loadCluster", () => {
  it("reads the file that it is given, before the environment's", async () => {
    const [one, two] = [await kubeconfig(), await kubeconfig({ name: "two" })];
    const loaded = await loadCluster({ kubeconfig: one, env: { KUBECONFIG: two } });
    expect(loaded).toMatchObject({ ok: true, value: { server: "https://one.example.com:6443/prefix" } });
  });

  it("merges the files of KUBECONFIG, where the first current context counts", async () => {
    const files = [await kubeconfig({ context: { namespace: "fleet" } }), await kubeconfig({ name: "two" })];
    const env = { KUBECONFIG: files.join(delimiter) };
    expect(await loadCluster({ env })).toMatchObject({
      value: { server: "https://one.example.com:6443/prefix", namespace: "fleet" },
    });
    expect(await loadCluster({ env, context: "two" })).toMatchObject({
      value: { server: expect.stringContaining("two") },
    });
  });

  it("gives the token as a header, and the certificates of the file", async () => {
    const pem = (text: string) => Buffer.from(text).toString("base64");
    const path = await kubeconfig({
      cluster: { "certificate-authority-data": pem("-----BEGIN CA"), "tls-server-name": "kubernetes" },
      user: { "client-certificate-data": pem("CERT"), "client-key-data": pem("KEY") },
    });
    const loaded = await loadCluster({ kubeconfig: path, env: {} });
    const credentials = loaded.ok ? await loaded.value.credentials() : undefined;
    expect(credentials).toEqual({
      ok: true,
      value: {
        headers: { authorization: "Bearer one-token" },
        tls: {
          ca: Buffer.from("-----BEGIN CA"),
          cert: Buffer.from("CERT"),
          key: Buffer.from("KEY"),
          servername: "kubernetes",
          rejectUnauthorized: true,
        },
      },
    });
  });

  it("verifies the server unless the file says otherwise", async () => {
    const path = await kubeconfig({ cluster: { "insecure-skip-tls-verify": true } });
    const loaded = await loadCluster({ kubeconfig: path, env: {} });
    expect(loaded.ok && (await loaded.value.credentials())).toMatchObject({
      value: { tls: { rejectUnauthorized: false } },
    });
  });

  it("keeps what a failing plugin prints out of its failure", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      interactiveMode: "Never",
      command: "sh",
      args: ["-c", "echo canary-token"],
    };
    const path = await kubeconfig({ user: { token: undefined, exec } });
    const loaded = await loadCluster({ kubeconfig: path, env: {} });
    expect(loaded.ok && (await loaded.value.credentials())).toEqual({
      ok: false,
      failure: 'the exec plugin "sh" printed something that is not JSON',
    });
  });

  it.each([
    ["no context", { context: "three" }, {}, 'The kubeconfig has no context "three"; it has "one".'],
    [
      "plain http",
      {},
      { cluster: { server: "http://one.example.com:8080" } },
      'The server of cluster "one" must be an https:// URL, because plain HTTP is only used on this machine; correct it in the kubeconfig.',
    ],
    [
      "no URL",
      {},
      { cluster: { server: "ftp://nonsense" } },
      'The server of cluster "one" is not a valid URL; correct it in the kubeconfig.',
    ],
    [
      "no cluster",
      {},
      { context: { cluster: "x" } },
      'The context "one" names the cluster "x", which the kubeconfig does not contain.',
    ],
    [
      "a proxy",
      {},
      { cluster: { "proxy-url": "socks4://x" } },
      'The proxy-url of cluster "one" is not a valid URL; write one with http://, https:// or socks5://.',
    ],
  ])("refuses %s in one sentence", async (_what, options, parts, sentence) => {
    const path = await kubeconfig(parts);
    expect(await loadCluster({ kubeconfig: path, env: {}, ...options })).toEqual({ ok: false, failure: sentence });
  });

  describe("in a pod", () => {
    const POD = "https://10.0.0.1:443";
    const NAMED = "https://named.example.com:6443/prefix";
    const HOME = "https://home.example.com:6443/prefix";
    const LISTED = "https://listed.example.com:6443/prefix";

    /** With a service account, and the wanted files; `listed` is in $KUBECONFIG, `named` is --kubeconfig. */
    async function serverInPod(
      manner: LoadOptions["manner"],
      files: readonly string[],
      rest: Partial<LoadOptions> = {},
    ) {
      const accountFolder = join(folder, "account");
      await mkdir(accountFolder);
      await writeFile(join(accountFolder, "token"), "pod-token");
      await writeFile(join(accountFolder, "namespace"), "fleet");
      const pod = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443", HOME: folder };
      if (files.includes("home")) {
        await mkdir(join(folder, ".kube"));
        await rename(await kubeconfig({ name: "home" }), join(folder, ".kube/config"));
      }
      const listed = files.includes("listed") ? { KUBECONFIG: await kubeconfig({ name: "listed" }) } : {};
      const missing = files.includes("missing") ? { KUBECONFIG: join(folder, "missing.yaml") } : {};
      const named = files.includes("named") ? { kubeconfig: await kubeconfig({ name: "named" }) } : {};
      const loaded = await loadCluster({
        ...{ manner, accountFolder, env: { ...pod, ...listed, ...missing } },
        ...named,
        ...rest,
      });
      return loaded.ok ? loaded.value.server : loaded.failure;
    }

    it.each([
      ["kubectl", ["named", "listed", "home"], NAMED],
      ["controller", ["named", "listed", "home"], NAMED],
      ["kubectl", ["listed", "home"], LISTED],
      ["controller", ["listed", "home"], LISTED],
      ["kubectl", ["home"], HOME],
      ["controller", ["home"], POD],
      ["kubectl", [], POD],
      ["controller", [], POD],
      ["kubectl", ["missing", "home"], POD],
    ] as const)("takes, as %s does with %j, %s", async (manner, files, server) => {
      expect(await serverInPod(manner, files)).toBe(server);
    });

    it("uses the namespace of the service account", async () => {
      await serverInPod("kubectl", []);
      const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443", HOME: folder };
      const accountFolder = join(folder, "account");
      const loaded = await loadCluster({ env, accountFolder });
      expect(loaded).toMatchObject({ ok: true, value: { namespace: "fleet" } });
    });

    it("is not a pod without the token of a service account", async () => {
      const accountFolder = join(folder, "elsewhere");
      expect(await serverInPod("kubectl", ["home"], { accountFolder })).toBe(HOME);
      expect(
        await loadCluster({ env: { KUBERNETES_SERVICE_HOST: "10.0.0.1", HOME: "/nonexistent" }, accountFolder }),
      ).toEqual({
        ok: false,
        failure: "No cluster is configured; give --kubeconfig, or set KUBECONFIG.",
      });
    });
  });

  it("says when there is nothing to read, or nothing readable, and quotes no line of a file", async () => {
    expect(await loadCluster({ env: { HOME: folder } })).toEqual({
      ok: false,
      failure: "No cluster is configured; give --kubeconfig, or set KUBECONFIG.",
    });
    expect(await loadCluster({ kubeconfig: join(folder, "missing"), env: {} })).toMatchObject({
      failure: expect.stringContaining("does not exist"),
    });
    const broken = join(folder, "broken");
    await writeFile(broken, "users:\n- user: {token: canary-token\n  - ]");
    const loaded = await loadCluster({ kubeconfig: broken, env: {} });
    expect(loaded).toMatchObject({ ok: false });
    expect(JSON.stringify(loaded)).not.toContain("canary");
  });
});
