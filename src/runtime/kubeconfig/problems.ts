import type { ExecConfig, KubeCluster, KubeUser } from "./kubeconfig.ts";

const EXEC_VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** Variables of the environment may also have socks5h://, which kubectl refuses here. */
const PROXY_SCHEMES = ["http:", "https:", "socks5:"];
const INTERACTIVE_MODES = ["Never", "IfAvailable", "Always"];
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Whether the URL leads to the program's own machine, as for `kubectl proxy`. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}

/** Says why kubectl would refuse the cluster, as a sentence without values. */
export function clusterProblem(cluster: KubeCluster & { readonly server: string }): string | undefined {
  const name = `cluster ${JSON.stringify(cluster.name)}`;
  const { server, proxyUrl, caFile, caData, skipTLSVerify } = cluster;
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol) || url.hostname === "")
    return `The server of ${name} is not a valid URL; correct it in the kubeconfig.`;
  if (url.protocol === "http:" && !isLoopback(url))
    return `The server of ${name} must be an https:// URL, because plain HTTP is only used on this machine; correct it in the kubeconfig.`;
  if (proxyUrl !== undefined && !(URL.canParse(proxyUrl) && PROXY_SCHEMES.includes(new URL(proxyUrl).protocol)))
    return `The proxy-url of ${name} is not a valid URL; write one with http://, https:// or socks5://.`;
  if (caFile !== undefined && caData !== undefined)
    return `The ${name} has both certificate-authority and certificate-authority-data; remove one.`;
  if (skipTLSVerify === true && (caFile !== undefined || caData !== undefined))
    return `The ${name} has a certificate authority and insecure-skip-tls-verify, which would ignore it; remove one.`;
  return undefined;
}

/** Says why kubectl would refuse the user, as a sentence without values. */
export function userProblem(user: KubeUser): string | undefined {
  const name = user.name === "" ? "The user of the flags" : `The user ${JSON.stringify(user.name)}`;
  const isBasic = user.username !== undefined || user.password !== undefined;
  if (isBasic && user.token !== undefined) return `${name} has a token and a password; remove one.`;
  for (const [what, file, data] of [
    ["client-certificate", user.certFile, user.certData],
    ["client-key", user.keyFile, user.keyData],
  ] as const) {
    if (file !== undefined && data !== undefined) return `${name} has both ${what} and ${what}-data; remove one.`;
  }
  const hasCertificate = user.certFile !== undefined || user.certData !== undefined;
  const hasKey = user.keyFile !== undefined || user.keyData !== undefined;
  if (hasCertificate && !hasKey) return `${name} has a client certificate without its client-key; add the key.`;
  const extra = Object.keys(user.impersonateExtra ?? {}).length > 0;
  const impersonates = user.impersonateUid !== undefined || (user.impersonateGroups ?? []).length > 0 || extra;
  if (impersonates && user.impersonateUser === undefined)
    return `${name} impersonates a group, a UID or other data, but no user; add the user (--as, or "as" in the kubeconfig).`;
  if (user.exec !== undefined && user.authProvider !== undefined)
    return `${name} has both exec and auth-provider; remove one.`;
  if (user.authProvider !== undefined && user.authProvider.name !== "oidc")
    return `${name} has the auth-provider ${JSON.stringify(user.authProvider.name)}, which kubectl no longer supports; use the exec plugin of your provider.`;
  return user.exec && execProblem(name, user.exec);
}

function execProblem(name: string, { apiVersion = "", command, env, interactiveMode }: ExecConfig): string | undefined {
  if (command === "") return `${name} has exec without a command; add the program that prints the credentials.`;
  if (!EXEC_VERSIONS.includes(apiVersion))
    return `${name} has exec with an apiVersion that is not supported; write ${EXEC_VERSIONS.join(" or ")}.`;
  if (Object.keys(env).includes("")) return `${name} has exec with a variable without a name; add the name.`;
  if (interactiveMode === undefined && apiVersion === EXEC_VERSIONS[0])
    return `${name} has exec without an interactiveMode; write ${INTERACTIVE_MODES.join(", ")}.`;
  if (interactiveMode !== undefined && !INTERACTIVE_MODES.includes(interactiveMode))
    return `${name} has exec with an interactiveMode that is not known; write ${INTERACTIVE_MODES.join(", ")}.`;
  return undefined;
}
