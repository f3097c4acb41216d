import { contains, type IpNetwork, parseIpAddress, parseIpNetwork } from "../common/ip-network.ts";
import { readBoundedFile } from "../common/read-file.ts";
import { failure, type Result, success } from "../common/result.ts";

const LARGEST_CREDENTIALS = 4 * 1024;

export interface RegistryProxyOptions {
  /** `http://` or `https://`, without a path and without credentials. */
  readonly url: URL;
  readonly noProxy: readonly ProxyException[];
  /** A file with `user:password`. It is read for each connection, so that it can be changed. */
  readonly credentialsFile?: string | undefined;
}

/** Which registries are reached without the proxy. */
export type ProxyException =
  | { readonly network: IpNetwork }
  | { readonly name: string; readonly port: string | undefined };

/** An HTTP proxy in front of registries. It resolves their names, so only addresses can be checked here. */
export class RegistryProxy {
  readonly url: URL;
  readonly #options: RegistryProxyOptions;

  constructor(options: RegistryProxyOptions) {
    this.url = options.url;
    this.#options = options;
  }

  /** Whether requests for this URL go through the proxy. */
  serves(url: URL): boolean {
    return !this.#options.noProxy.some((exception) => matches(exception, url));
  }

  /** Returns the value of Proxy-Authorization. A failure never contains the credentials. */
  async authorization(): Promise<Result<string | undefined, string>> {
    const { credentialsFile } = this.#options;
    if (credentialsFile === undefined) return success(undefined);
    try {
      const bytes = await readBoundedFile(credentialsFile, LARGEST_CREDENTIALS);
      const line = bytes?.toString("utf8").replace(/\r?\n$/, "") ?? "";
      if (!/^[^:\r\n]+:[^\r\n]*$/.test(line)) return failure("its credentials are not one line of USER:PASSWORD");
      return success(`Basic ${Buffer.from(line).toString("base64")}`);
    } catch {
      return failure("the file with its credentials cannot be read");
    }
  }
}

/** Reads the address of a proxy. */
export function parseProxyUrl(text: string): Result<URL, string> {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "")
    return failure("it must be http://HOST:PORT or https://HOST:PORT");
  // The text is not repeated: it can contain a password.
  if (url.username !== "" || url.password !== "")
    return failure("it must not contain credentials; put them into the file of --registry-proxy-auth-file");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return failure("it must not contain a path");
  return success(url);
}

/** Reads `registry.example.com`, `.example.com`, `registry.example.com:5000`, an address or a network. */
export function parseProxyException(text: string): Result<ProxyException, string> {
  const network = parseIpNetwork(text);
  if (network.ok) return success({ network: network.value });
  const parts = /^(?:\*?\.)?(?<name>[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)*)(?::(?<port>[0-9]{1,5}))?$/.exec(text)?.groups;
  if (parts?.name === undefined) return failure(`"${text}" is not a valid host name, domain, address or network`);
  return success({ name: parts.name.toLowerCase(), port: parts.port });
}

/** The address of a URL whose host is not a name. */
export function literalAddress({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return parseIpAddress(host) === undefined ? undefined : host;
}

function matches(exception: ProxyException, url: URL): boolean {
  if ("network" in exception) {
    const address = parseIpAddress(literalAddress(url) ?? "");
    return address !== undefined && contains(exception.network, address);
  }
  const { name, port } = exception;
  const isNamed = url.hostname === name || url.hostname.endsWith(`.${name}`);
  return isNamed && (port === undefined || port === portOf(url));
}

export function portOf({ port, protocol }: URL): string {
  return port || (protocol === "https:" ? "443" : "80");
}
