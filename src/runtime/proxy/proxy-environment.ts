import { isIP } from "node:net";
import { contains, parseIpAddress, parseIpNetwork } from "../../common/ip-network.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the proxy that the environment names for the URL, with the rules of Go's programs such as kubectl: HTTPS_PROXY
 * or HTTP_PROXY by the URL's scheme, in either case, unless NO_PROXY covers the host. Loopback is always reached
 * directly. A failure of the caller shows a proxy that is not a valid URL.
 */
export function proxyFromEnvironment(url: URL, env: Environment): string | undefined {
  const scheme = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const named = variable(env, scheme);
  if (named === "") return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || isLoopbackAddress(host)) return undefined;
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  if (isExcluded(host, port, variable(env, "NO_PROXY"))) return undefined;
  return named.includes("://") ? named : `http://${named}`;
}

function variable(env: Environment, name: string): string {
  return (env[name] || env[name.toLowerCase()] || "").trim();
}

function isLoopbackAddress(host: string): boolean {
  const address = parseIpAddress(host);
  if (address === undefined) return false;
  return address.family === 4 ? address.value >> 24n === 127n : address.value === 1n;
}

/** Whether a list such as `10.0.0.0/8,.example.com,example.org:6443,*` covers the host. */
function isExcluded(host: string, port: string, list: string): boolean {
  return list.split(",").some((entry) => covers(entry.trim().toLowerCase(), host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const address = parseIpAddress(host);
  if (entry.includes("/")) {
    const network = parseIpNetwork(entry);
    return network.ok && address !== undefined && contains(network.value, address);
  }
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (isIP(name) !== 0) return parseIpAddress(name)?.value === address?.value && address !== undefined;
  if (address !== undefined) return false;
  // A name also covers its subdomains; with a leading dot or `*.`, it covers only those.
  const domain = name.replace(/^\*(?=\.)/, "");
  return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function splitPort(entry: string): { readonly name: string; readonly onlyPort: string | undefined } {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<name>[^:]*))(?::(?<port>\d+))?$/.exec(entry)?.groups;
  return { name: match?.six ?? match?.name ?? entry, onlyPort: match?.port };
}
