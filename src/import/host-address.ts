import { UsageError } from "../common/usage-error.ts";
import { DEFAULT_SOCKET, type Endpoint, parseEndpoint } from "../docker/endpoint.ts";
import { otherMachine } from "./other-machine.ts";

/** How another program connects to a daemon that it does not reach through a socket or SSH. */
export type Wire = "plaintext" | "unverified" | "verified";

/** How another program interprets an address. */
export interface AddressOptions {
  /** The setting that contains the address, for messages: `DOCKER_HOST`. */
  readonly setting: string;
  /** The port that the program dials if the address has none. */
  readonly missingPort: { readonly plaintext: number; readonly tls: number };
  /** Whether `edge-7:2375` means `tcp://edge-7:2375`. */
  readonly schemeless: boolean;
  /** The user as whom it connects if an ssh:// address names none. */
  readonly user: string | undefined;
  /** The meaning of names on the machine for which the settings were written. The names are in lower case. */
  readonly neighbours?: ReadonlyMap<string, string>;
}

export interface Address {
  /** The value of spec.host, including the port. */
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly warnings: readonly string[];
}

/**
 * Translates an address so that a DockerHost connects in the same way: in a DockerHost the scheme decides, in the other
 * program separate settings do. Throws a UsageError if the address cannot be used.
 */
export function addressOnTheWire(text: string, wire: Wire, options: AddressOptions): Address {
  const warnings: string[] = [];
  const given = text.trim() === "" ? `unix://${DEFAULT_SOCKET}` : text.trim();
  const full = sshAddress(withScheme(given, options), options, warnings);
  const parts = /^(?<scheme>tcp|https?):\/\/(?<name>\[[^\]/]*\]|[^:/@]*)(?::(?<port>[0-9]*))?(?<path>\/.*)?$/i.exec(
    full,
  );
  const host = parts?.groups === undefined ? full : translate(parts.groups, wire, options, warnings);
  const endpoint = parseEndpoint(host, wire === "verified");
  if (!endpoint.ok) throw new UsageError(`${options.setting}: ${endpoint.failure.message}`);
  const elsewhere = meaningElsewhere(endpoint.value, options.neighbours);
  if (elsewhere !== undefined) {
    warnings.push(
      `${host} ${elsewhere}; in a cluster, this address leads to a pod or to nothing, not to the machine for which ${options.setting} was written. Use an address at which the cluster can reach the machine.`,
    );
  }
  return { host, endpoint: endpoint.value, warnings };
}

function withScheme(text: string, { schemeless }: AddressOptions): string {
  return schemeless && !text.includes("://") ? `tcp://${text}` : text;
}

/** ssh defaults to the calling user and port 22, or to what ~/.ssh/config says. A DockerHost must name both. */
function sshAddress(text: string, { setting, user }: AddressOptions, warnings: string[]): string {
  const parts = /^ssh:\/\/(?:(?<name>[^/]*)@)?(?<host>\[[^\]/]*\]|[^:/@]+)(?<port>:[0-9]*)?(?<path>\/.*)?$/i.exec(
    text,
  )?.groups;
  if (parts === undefined) return text;
  const { name = user, host = "", path = "" } = parts;
  const port = parts.port?.slice(1) ?? "";
  if (name === undefined) return text;
  if (parts.name === undefined) {
    warnings.push(`${setting} names no user for ssh://; the user of this command, ${name}, is written.`);
  }
  if (port === "") {
    warnings.push(
      `${setting} names no port; 22 is written. If ~/.ssh/config sets another port or host name, write that instead.`,
    );
  }
  return `ssh://${name}@${host}:${port || 22}${path}`;
}

function translate(
  parts: Readonly<Record<string, string | undefined>>,
  wire: Wire,
  { setting, missingPort }: AddressOptions,
  warnings: string[],
): string {
  const given = parts.scheme?.toLowerCase() ?? "";
  const scheme = schemeOf(given, wire);
  if (given === "https" && scheme === "http") {
    warnings.push(
      `${setting} has https:// but no TLS settings, so Docker's client uses plaintext; http:// is written. If the daemon serves TLS, write https:// and tls.verify true instead.`,
    );
  }
  if (given === "http" && scheme === "https") {
    warnings.push(`${setting} has http:// but also TLS settings, so Docker's client uses TLS; https:// is written.`);
  }
  const name = parts.name === "" ? "localhost" : parts.name;
  let port = parts.port ?? "";
  if (port === "") {
    port = String(wire === "plaintext" ? missingPort.plaintext : missingPort.tls);
    warnings.push(`${setting} names no port; ${port} is written, which is the default there.`);
  }
  return `${scheme}://${name}:${port}${parts.path ?? ""}`;
}

function schemeOf(given: string, wire: Wire): string {
  switch (wire) {
    case "plaintext":
      return given === "https" ? "http" : given;
    case "unverified":
      return "https";
    case "verified":
      return given === "http" ? "https" : given;
  }
}

function meaningElsewhere(endpoint: Endpoint, neighbours: AddressOptions["neighbours"]): string | undefined {
  if (endpoint.kind === "unix") return "is on the machine where dockerhost runs";
  return otherMachine(endpoint.host, neighbours);
}
