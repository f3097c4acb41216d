import { UsageError } from "../common/usage-error.ts";
import { DEFAULT_SOCKET, type Endpoint, parseEndpoint } from "../docker/endpoint.ts";
import { otherMachine } from "./other-machine.ts";

/** What another program speaks to a daemon that is not on a socket or behind SSH. */
export type Wire = "plaintext" | "unverified" | "verified";

/** How another program reads an address. */
export interface AddressRules {
  /** What named the address, for messages: `DOCKER_HOST`. */
  readonly setting: string;
  /** The port that it dials where none is given. */
  readonly missingPort: { readonly plaintext: number; readonly tls: number };
  /** Whether `edge-7:2375` is taken for `tcp://edge-7:2375`. */
  readonly schemeless: boolean;
  /** Who it connects as where an ssh:// address does not say. */
  readonly user: string | undefined;
  /** What names stand for on the machine of those settings, in lower case. */
  readonly neighbours?: ReadonlyMap<string, string>;
}

export interface Address {
  /** For spec.host; with its port. */
  readonly host: string;
  readonly endpoint: Endpoint;
  readonly warnings: readonly string[];
}

/**
 * The address as a DockerHost must have it to do the same on the wire: there the scheme decides, here settings beside
 * it did. Throws UsageError where it cannot be used.
 */
export function addressOnTheWire(text: string, wire: Wire, rules: AddressRules): Address {
  const warnings: string[] = [];
  const given = text.trim() === "" ? `unix://${DEFAULT_SOCKET}` : text.trim();
  const full = sshAddress(withScheme(given, rules), rules, warnings);
  const parts = /^(?<scheme>tcp|https?):\/\/(?<name>\[[^\]/]*\]|[^:/@]*)(?::(?<port>[0-9]*))?(?<path>\/.*)?$/i.exec(
    full,
  );
  const host = parts?.groups === undefined ? full : translate(parts.groups, wire, rules, warnings);
  const endpoint = parseEndpoint(host, wire === "verified");
  if (!endpoint.ok) throw new UsageError(`${rules.setting}: ${endpoint.failure.message}`);
  const elsewhere = meaningElsewhere(endpoint.value, rules.neighbours);
  if (elsewhere !== undefined) {
    warnings.push(
      `${host} ${elsewhere}; in a cluster that is a pod, or nothing, not the machine that ${rules.setting} was written for. Give an address by which the cluster reaches it.`,
    );
  }
  return { host, endpoint: endpoint.value, warnings };
}

function withScheme(text: string, { schemeless }: AddressRules): string {
  return schemeless && !text.includes("://") ? `tcp://${text}` : text;
}

/** ssh takes the user who calls it and port 22, or for both what ~/.ssh/config says; a DockerHost tells them. */
function sshAddress(text: string, { setting, user }: AddressRules, warnings: string[]): string {
  const parts = /^ssh:\/\/(?:(?<name>[^/]*)@)?(?<host>\[[^\]/]*\]|[^:/@]+)(?<port>:[0-9]*)?(?<path>\/.*)?$/i.exec(
    text,
  )?.groups;
  if (parts === undefined) return text;
  const { name = user, host = "", path = "" } = parts;
  const port = parts.port?.slice(1) ?? "";
  if (name === undefined) return text;
  if (parts.name === undefined) {
    warnings.push(`${setting} names no user for ssh://; ${name}, who runs this command, is written.`);
  }
  if (port === "") {
    warnings.push(
      `${setting} names no port; 22 is written. Where ~/.ssh/config says another, or another name, write that.`,
    );
  }
  return `ssh://${name}@${host}:${port || 22}${path}`;
}

function translate(
  parts: Readonly<Record<string, string | undefined>>,
  wire: Wire,
  { setting, missingPort }: AddressRules,
  warnings: string[],
): string {
  const given = parts.scheme?.toLowerCase() ?? "";
  const scheme = schemeOf(given, wire);
  if (given === "https" && scheme === "http") {
    warnings.push(
      `${setting} says https:// but gives no TLS settings, so that Docker's client speaks plaintext; http:// is written. Where the daemon serves TLS, write https:// and tls.verify true instead.`,
    );
  }
  if (given === "http" && scheme === "https") {
    warnings.push(
      `${setting} says http:// but gives TLS settings, so that Docker's client speaks TLS; https:// is written.`,
    );
  }
  const name = parts.name === "" ? "localhost" : parts.name;
  let port = parts.port ?? "";
  if (port === "") {
    port = String(wire === "plaintext" ? missingPort.plaintext : missingPort.tls);
    warnings.push(`${setting} names no port; ${port} is written, which is the one that it stands for there.`);
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

function meaningElsewhere(endpoint: Endpoint, neighbours: AddressRules["neighbours"]): string | undefined {
  if (endpoint.kind === "unix") return "is on the machine where dockerhost runs";
  return otherMachine(endpoint.host, neighbours);
}
