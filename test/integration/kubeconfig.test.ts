import { randomUUID } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import { type CommandResult, execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { ForwardingProxy } from "./forwarding-proxy.ts";
import { PROGRAM } from "./program.ts";

const { kube } = connectEnvironment(inject("environment"));
const { facts } = kube;
const GROUP = `readers-${randomUUID().slice(0, 8)}`;
const V1 = "client.authentication.k8s.io/v1";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const port = Number(new URL(facts.url).port);
/** A name that only a proxy can reach. */
const BEHIND = { server: `https://api.example.test:${port}`, "tls-server-name": "localhost" };

let folder: string;
let proxies: Record<"http" | "socks5", ForwardingProxy>;

interface Config {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  /** Entries in addition to those that are used. */
  readonly others?: { readonly clusters?: object[]; readonly users?: object[]; readonly contexts?: object[] };
  readonly name?: string;
  readonly current?: string;
}

/** A kubeconfig of the administrator, in which the given fields are added or replaced. */
function config({ cluster, user, context, others = {}, name = "test", current = name }: Config = {}): string {
  const ca = { "certificate-authority-data": base64(facts.ca) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: facts.url, ...ca, ...cluster } }, ...(others.clusters ?? [])],
    users: [{ name, user: user ?? { token: facts.token } }, ...(others.users ?? [])],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }, ...(others.contexts ?? [])],
    "current-context": current,
  });
}

interface Row {
  /** Files in a folder of the row's own, by name. Those that end in .sh can be executed. */
  readonly files: () => Readonly<Record<string, string>>;
  /** The default is `config`. */
  readonly KUBECONFIG?: string;
  readonly env?: () => Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly works: boolean;
  /** Words that the plugin prints. */
  readonly says?: string | RegExp;
}

const one = (parts: () => Config) => () => ({ config: config(parts()) });
const plugin =
  (script: string, exec: object = {}) =>
  () => ({
    config: config({ user: { exec: { apiVersion: V1, interactiveMode: "Never", command: "./plugin.sh", ...exec } } }),
    "plugin.sh": `#!/bin/sh\n${script}\n`,
  });
const gives = (status: object) => `echo '${JSON.stringify({ apiVersion: V1, kind: "ExecCredential", status })}'`;
const TOKEN = () => gives({ token: facts.token });

const ROWS: Record<string, Row> = {
  "a token": { files: one(() => ({})), works: true },
  "a wrong token": { files: one(() => ({ user: { token: "x" } })), works: false, says: /not accept your credentials/ },
  "no user": { files: one(() => ({ context: { user: "" } })), works: false },
  "a tokenFile, relative": {
    files: () => ({ config: config({ user: { tokenFile: "token" } }), token: `${facts.token}\n` }),
    works: true,
  },
  "a tokenFile that is missing": {
    files: one(() => ({ user: { tokenFile: "none" } })),
    works: false,
    says: /token file .*ENOENT/,
  },
  "a CA file, relative": {
    files: () => ({
      config: config({ cluster: { "certificate-authority-data": undefined, "certificate-authority": "ca.crt" } }),
      "ca.crt": facts.ca,
    }),
    works: true,
  },
  "a CA of the system": {
    files: () => ({ config: config({ cluster: { "certificate-authority-data": undefined } }), "ca.crt": facts.ca }),
    env: () => ({ SSL_CERT_FILE: "FOLDER/ca.crt" }),
    works: true,
  },
  "a CA that is not known": {
    files: one(() => ({ cluster: { "certificate-authority-data": undefined } })),
    works: false,
  },
  "a CA and insecure-skip-tls-verify": {
    files: one(() => ({ cluster: { "insecure-skip-tls-verify": true } })),
    works: false,
    says: /remove one/,
  },
  "the flag --insecure-skip-tls-verify": { files: one(() => ({})), args: ["--insecure-skip-tls-verify"], works: true },
  "an http proxy-url": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `http://${proxies.http.address}` } })),
    works: true,
  },
  "a socks5 proxy-url": {
    files: one(() => ({ cluster: { ...BEHIND, "proxy-url": `socks5://${proxies.socks5.address}` } })),
    works: true,
  },
  "a proxy-url that is not valid": {
    files: one(() => ({ cluster: { "proxy-url": "ftp://127.0.0.1:1" } })),
    works: false,
    says: /proxy-url/,
  },
  HTTPS_PROXY: {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${proxies.http.address}` }),
    works: true,
  },
  "https_proxy without a scheme": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ https_proxy: proxies.http.address }),
    works: true,
  },
  "HTTPS_PROXY, which NO_PROXY excludes": {
    files: one(() => ({ cluster: BEHIND })),
    env: () => ({ HTTPS_PROXY: `http://${proxies.http.address}`, NO_PROXY: "example.org, .example.test" }),
    works: false,
  },
  "HTTPS_PROXY does not count on loopback": {
    files: one(() => ({})),
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:9" }),
    works: true,
  },
  "the same cluster in two files": {
    files: () => ({ config: config(), second: config({ cluster: { server: "https://127.0.0.1:9" } }) }),
    KUBECONFIG: "config:second",
    works: true,
  },
  "a missing and an empty file in the list": {
    files: () => ({ config: config(), empty: "" }),
    KUBECONFIG: "missing:empty:config",
    works: true,
  },
  "only missing files in the list": { files: () => ({}), KUBECONFIG: "missing:neither", works: false },
  "a broken file in the list": {
    files: () => ({ config: config(), broken: "clusters: [" }),
    KUBECONFIG: "config:broken",
    works: false,
    says: /broken: it is not valid YAML/,
  },
  "unrelated entries that are half made": {
    files: one(() => ({
      others: { contexts: [{ name: "half" }], clusters: [{ name: "half" }], users: [{ name: "half" }] },
    })),
    works: true,
  },
  "a context that is half made, and used": {
    files: one(() => ({ others: { contexts: [{ name: "half" }] }, current: "half" })),
    works: false,
  },
  "two clusters of one name in one file": {
    files: one(() => ({ others: { clusters: [{ name: "test", cluster: { server: "https://x" } }] } })),
    works: false,
    says: /two clusters named "test"/,
  },
  "the flags --cluster, --user and --context": {
    files: one(() => ({
      others: { contexts: [{ name: "half", context: { cluster: "none", user: "none" } }] },
      current: "half",
    })),
    args: ["--cluster", "test", "--user", "test"],
    works: true,
  },
  "the flag --token": { files: one(() => ({ user: {} })), args: ["--token", facts.token], works: true },
  "a tokenFile, which goes before the flag --token": {
    files: () => ({ config: config({ user: { tokenFile: "token" } }), token: facts.token }),
    args: ["--token", "x"],
    works: true,
  },
  "the flag --server": {
    files: one(() => ({ cluster: { server: "https://x" } })),
    args: ["-s", facts.url],
    works: true,
  },
  "the flag --request-timeout": { files: one(() => ({})), args: ["--request-timeout", "20"], works: true },
  "a --request-timeout that is not a duration": {
    files: one(() => ({})),
    args: ["--request-timeout", "soon"],
    works: false,
  },
  as: { files: one(() => ({ user: { token: facts.token, as: "nobody" } })), works: false },
  "as-groups": {
    files: one(() => ({ user: { token: facts.token, as: "nobody", "as-groups": ["one", GROUP] } })),
    works: true,
  },
  "as-uid and as-user-extra": {
    files: one(() => ({
      user: {
        token: facts.token,
        as: "nobody",
        "as-uid": "7",
        "as-groups": [GROUP],
        "as-user-extra": { "example.com/Scope": ["a", "b"] },
      },
    })),
    works: true,
  },
  "as-groups without as": { files: one(() => ({ user: { token: facts.token, "as-groups": [GROUP] } })), works: false },
  "the flags --as and --as-group": {
    files: one(() => ({})),
    args: ["--as", "nobody", "--as-group", "a", "--as-group", GROUP],
    works: true,
  },
  "the flag --as": { files: one(() => ({})), args: ["--as", "nobody"], works: false, says: /nobody/ },
  "an exec plugin, relative": { files: () => plugin(TOKEN())(), works: true },
  "an exec plugin that needs the cluster's data": {
    files: () =>
      plugin(
        `case "$KUBERNETES_EXEC_INFO" in *'"server":"${facts.url}"'*certificate-authority-data*) ${TOKEN()};; *) exit 7;; esac`,
        {
          provideClusterInfo: true,
        },
      )(),
    works: true,
  },
  "an exec plugin that is not installed": {
    files: plugin("", { command: "no-such-plugin", installHint: "Install it with\n  brew install it" }),
    works: false,
    says: /"no-such-plugin" is not installed.*: Install it with brew install it/,
  },
  "an exec plugin that fails": {
    files: plugin("echo 'please log in' >&2; exit 3"),
    works: false,
    says: /please log in\n.*failed with exit code 3/,
  },
  "an exec plugin that asks, without a terminal": {
    files: () => plugin(TOKEN(), { interactiveMode: "Always" })(),
    works: false,
    says: /not a terminal/,
  },
  "an exec plugin of another version": {
    files: () => plugin(TOKEN().replace(V1, `${V1}beta1`))(),
    works: false,
    says: /apiVersion/,
  },
  "an exec plugin without interactiveMode": {
    files: () => plugin(TOKEN(), { interactiveMode: undefined })(),
    works: false,
  },
  "an exec plugin that gives nothing": { files: plugin(gives({})), works: false, says: /neither a token/ },
  "an auth-provider that no longer exists": {
    files: one(() => ({ user: { "auth-provider": { name: "gcp" } } })),
    works: false,
  },
};

/** Each kubeconfig is given to kubectl and to the plugin, which must agree on whether it can be used. */
describe("a kubeconfig", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
    await symlink(PROGRAM, join(folder, "kubectl-dockerhost"));
    proxies = { http: await ForwardingProxy.start("http", port), socks5: await ForwardingProxy.start("socks5", port) };
    const rule = ["--verb", "list", "--resource", "dockerhosts.dockerhost.dev"];
    await kube.kubectl(["create", "clusterrole", GROUP, ...rule]);
    await kube.kubectl(["create", "clusterrolebinding", GROUP, "--clusterrole", GROUP, "--group", GROUP]);
  });

  afterAll(async () => {
    await kube.kubectl(["delete", "clusterrolebinding,clusterrole", GROUP]);
    for (const proxy of Object.values(proxies)) await proxy[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(Object.entries(ROWS))("%s", async (_name, row) => {
    const { result, kubectl } = await both(row);
    expect({ kubectl: kubectl.code === 0, plugin: result.code === 0, result }).toMatchObject({
      kubectl: row.works,
      plugin: row.works,
    });
    if (row.says !== undefined) expect(result.stderr).toMatch(row.says);
    expect(result.stdout + result.stderr).not.toContain(facts.token);
  });

  it("reaches the server through the proxies", () => {
    expect(new Set(proxies.http.asked)).toEqual(new Set([`api.example.test:${port}`]));
    expect(proxies.http.asked.length).toBeGreaterThanOrEqual(6);
    expect(new Set(proxies.socks5.asked)).toEqual(new Set([`api.example.test:${port}`]));
  });
});

async function both(row: Row): Promise<{ readonly result: CommandResult; readonly kubectl: CommandResult }> {
  const own = await folderWith(row.files());
  const list = (row.KUBECONFIG ?? "config").split(":").map((file) => join(own, file));
  const given = Object.entries(row.env?.() ?? {}).map(([name, value]) => [name, value.replace("FOLDER", own)]);
  const env = { KUBECONFIG: list.join(delimiter), ...Object.fromEntries(given) };
  const args = row.args ?? [];
  const [kubectl, result] = await Promise.all([
    execute(facts.kubectl, ["get", "dockerhosts.v1alpha1.dockerhost.dev", "-o", "name", ...args], {
      env: environment(env),
    }),
    dockerhost(["list", "-o", "name", ...args], env),
  ]);
  return { result, kubectl };
}

function dockerhost(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  return execute(process.execPath, [join(folder, "kubectl-dockerhost"), ...args], { env: environment(env) });
}

function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), HOME: folder, ...env };
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const own = join(folder, randomUUID());
  await mkdir(own);
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(own, name), text);
    if (name.endsWith(".sh")) await chmod(join(own, name), 0o755);
  }
  return own;
}
