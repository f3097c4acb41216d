import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { DEFAULT_SOCKET, type Endpoint } from "../docker/endpoint.ts";

/** Leaves room for the suffix of a Secret's name. Names of resources have at most 253 characters. */
const MAX_LENGTH = 200;

/** Ports that do not distinguish daemons, because most daemons use one of them. */
const USUAL_PORTS: readonly number[] = [22, 2375, 2376];

/**
 * Derives a valid Kubernetes name from a text. The same text always gives the same name, as close to the text as
 * possible.
 */
export function kubeName(text: string): string {
  const labels = text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .split(".")
    .map((label) => label.replace(/^-+|-+$/g, ""))
    .filter((label) => label !== "");
  const name = labels.join(".");
  if (name === "") return `docker-${shortHash(text)}`;
  if (name.length <= MAX_LENGTH) return name;
  return `${name.slice(0, MAX_LENGTH).replace(/[-.]+$/, "")}-${shortHash(text)}`;
}

/** Derives a name for the second of two texts that would get the same name. */
export function distinctKubeName(text: string): string {
  return `${kubeName(text)}-${shortHash(text)}`;
}

/**
 * Derives the name of the daemon at an endpoint. It contains an unusual port, since two daemons on one machine differ
 * in it.
 */
export function endpointName(endpoint: Endpoint): string {
  if (endpoint.kind === "unix") return endpoint.path === DEFAULT_SOCKET ? "docker" : endpoint.path;
  const host = isIP(endpoint.host) === 6 ? `ip-${endpoint.host}` : endpoint.host;
  return USUAL_PORTS.includes(endpoint.port) ? host : `${host}-${endpoint.port}`;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
