import Modem from "docker-modem";
import type { EngineReply } from "./exchange.ts";

/** The daemon answered with a status that the call does not expect. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly reply: EngineReply;
  readonly path: string;
  readonly method: string;

  constructor(path: string, reply: EngineReply, method = "GET") {
    super(`HTTP ${reply.status} for ${path}`);
    this.path = path;
    this.method = method;
    this.reply = reply;
  }
}

/**
 * docker-modem on top of our transport. Its own transport ignores TLS options, prints its options with the keys into a
 * string for each request, does not limit bodies, and never settles if a body is cut off.
 */
export class FleetModem extends Modem {
  readonly #apiVersion: string;
  readonly #get: (path: string) => Promise<EngineReply>;

  /** @param get makes one bounded exchange, for a path with its query */
  constructor(apiVersion: string, get: (path: string) => Promise<EngineReply>) {
    // A host is given only so that docker-modem does not look for a socket itself.
    super({ host: "unused", protocol: "http" });
    this.#apiVersion = apiVersion;
    this.#get = get;
  }

  override dial(options: Modem.DialOptions, callback: Modem.RequestCallback = () => {}): void {
    const path = `/v${this.#apiVersion}${withQuery(options.path, options.options ?? {})}`;
    if (options.method !== "GET") {
      callback(new Error(`${options.method ?? "no method"} is not sent: this session only reads`), null);
      return;
    }
    this.#get(path).then(
      (reply) => {
        // The caller parses it, in slices, and disposes of it.
        if (options.statusCodes?.[reply.status] === true) callback(null, reply);
        else callback(new EngineError(path, reply), null);
      },
      (error: Error) => callback(error, null),
    );
  }
}

/** dockerode adds `?` to a path that can have a query. */
function withQuery(path: string, options: object): string {
  if (!path.endsWith("?")) return path;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    query.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return query.size === 0 ? path.slice(0, -1) : path + query.toString();
}
