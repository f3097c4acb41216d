import { dirname, isAbsolute, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../kube-object.ts";
import { Fields, MalformedKubeconfig } from "./fields.ts";
import type { ExecConfig, KubeCluster, KubeContext, Kubeconfig, KubeUser } from "./kubeconfig.ts";

/** The name of the cluster's extension that is meant for exec plugins. */
const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/**
 * Parses a kubeconfig like kubectl: entries that are incomplete only matter if they are used, and relative paths are
 * relative to the file. Throws MalformedKubeconfig.
 */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const folder = dirname(file);
  const resolve = (path: string | undefined) => (path === undefined || isAbsolute(path) ? path : join(folder, path));
  const root = new Fields("", firstDocument(text, "failsafe"));
  requireKind(root);
  // Its numbers and booleans must stay what they are.
  const typed = text.includes(EXEC_EXTENSION) ? firstDocument(text, "yaml-1.1") : undefined;
  return {
    clusters: byName(
      "cluster",
      root.maps("clusters").map((each, index) => toCluster(each, index, typed, resolve)),
    ),
    users: byName(
      "user",
      root.maps("users").map((each) => toUser(each, file, resolve)),
    ),
    contexts: byName("context", root.maps("contexts").map(toContext)),
    currentContext: root.text("current-context"),
  };
}

type Schema = "failsafe" | "yaml-1.1";

function firstDocument(text: string, schema: Schema): unknown {
  return fromJson(text, schema) ?? fromYaml(text, schema);
}

/**
 * Programs write kubeconfigs as JSON, which is YAML as well. The parser of YAML is slower, and has to be loaded first. Returns
 * undefined if the text is not JSON.
 */
function fromJson(text: string, schema: Schema): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text, schema === "failsafe" ? asWritten : undefined);
  } catch {
    return undefined;
  }
}

/** In the failsafe schema, numbers, booleans and null are the text that is written. */
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return context?.source === undefined || typeof value === "string" ? value : context.source;
}

function fromYaml(text: string, schema: Schema): unknown {
  const documents = parseAllDocuments(text, { schema, merge: true, uniqueKeys: false, logLevel: "silent" });
  const [first] = [...documents];
  if (first === undefined) return undefined;
  // The parser's message quotes lines of the file, which can contain keys and tokens.
  const [error] = first.errors;
  const line = error?.linePos?.[0].line;
  if (error !== undefined) throw new MalformedKubeconfig(`it is not valid YAML${line ? ` (line ${line})` : ""}`);
  return first.toJS();
}

function requireKind(root: Fields): void {
  const [kind, version] = [root.text("kind") ?? "Config", root.text("apiVersion") ?? "v1"];
  if (kind !== "Config" || version !== "v1")
    throw new MalformedKubeconfig('it is not a kubeconfig, which has the kind "Config" and the apiVersion "v1"');
}

function byName<T extends { readonly name: string }>(what: string, entries: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const entry of entries) {
    if (map.has(entry.name)) throw new MalformedKubeconfig(`it has two ${what}s named ${JSON.stringify(entry.name)}`);
    map.set(entry.name, entry);
  }
  return map;
}

type Resolve = (path: string | undefined) => string | undefined;

function toCluster(entry: Fields, index: number, typed: unknown, resolve: Resolve): KubeCluster {
  const cluster = entry.map("cluster");
  return {
    name: entry.text("name") ?? "",
    server: cluster.text("server"),
    caFile: resolve(cluster.text("certificate-authority")),
    caData: cluster.text("certificate-authority-data"),
    skipTLSVerify: cluster.flag("insecure-skip-tls-verify"),
    tlsServerName: cluster.text("tls-server-name"),
    proxyUrl: cluster.text("proxy-url"),
    execConfig: execExtension(typed, index),
  };
}

function execExtension(typed: unknown, index: number): unknown {
  const clusters = isRecord(typed) && Array.isArray(typed.clusters) ? typed.clusters : [];
  const entry: unknown = clusters[index];
  const cluster = isRecord(entry) ? entry.cluster : undefined;
  const extensions = isRecord(cluster) && Array.isArray(cluster.extensions) ? cluster.extensions : [];
  const found: unknown = extensions.find((each: unknown) => isRecord(each) && each.name === EXEC_EXTENSION);
  return isRecord(found) ? found.extension : undefined;
}

function toUser(entry: Fields, file: string, resolve: Resolve): KubeUser {
  const user = entry.map("user");
  const extra = user.map("as-user-extra");
  const provider = user.optionalMap("auth-provider");
  return {
    name: entry.text("name") ?? "",
    file,
    token: user.text("token"),
    tokenFile: resolve(user.text("tokenFile")),
    username: user.text("username"),
    password: user.text("password"),
    certFile: resolve(user.text("client-certificate")),
    certData: user.text("client-certificate-data"),
    keyFile: resolve(user.text("client-key")),
    keyData: user.text("client-key-data"),
    impersonateUser: user.text("as"),
    impersonateUid: user.text("as-uid"),
    impersonateGroups: user.texts("as-groups"),
    impersonateExtra: Object.fromEntries(extra.names.map((name) => [name, extra.texts(name)])),
    exec: toExec(user.optionalMap("exec"), resolve),
    authProvider: provider && { name: provider.text("name") ?? "", config: provider.map("config").allTexts },
  };
}

function toExec(exec: Fields | undefined, resolve: Resolve): ExecConfig | undefined {
  if (exec === undefined) return undefined;
  const command = exec.text("command") ?? "";
  const env = exec.maps("env").map((each) => [each.text("name") ?? "", each.text("value") ?? ""] as const);
  return {
    apiVersion: exec.text("apiVersion"),
    // A command without a slash is looked up on the PATH.
    command: command.includes("/") ? (resolve(command) ?? "") : command,
    args: exec.texts("args"),
    env: Object.fromEntries(env),
    installHint: exec.text("installHint"),
    provideClusterInfo: exec.flag("provideClusterInfo"),
    interactiveMode: exec.text("interactiveMode"),
  };
}

function toContext(entry: Fields): KubeContext {
  const context = entry.map("context");
  return {
    name: entry.text("name") ?? "",
    cluster: context.text("cluster"),
    user: context.text("user"),
    namespace: context.text("namespace"),
  };
}
