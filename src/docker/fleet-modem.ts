import Modem from "docker-modem";
import type { EngineReply } from "./exchange.ts";

/** An answer of the daemon with a status that the call does not expect. */
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
 * docker-modem with our transport under it. Its own ignores TLS options, prints its options (keys and all) into a
 * string for each request, has no bound on bodies, and never settles when a body is cut.
 */
export class FleetModem extends Modem {
  readonly #apiVersion: string;
  readonly #get: (path: string) => Promise<EngineReply>;

  /** @param get one bounded exchange, for a path with its query */
  constructor(apiVersion: string, get: (path: string) => Promise<EngineReply>) {
    // A host is named only so that docker-modem does not look for a socket of its own.
    super({ host: "unused", protocol: "http" });
    this.#apiVersion = apiVersion;
    this.#get = get;
  }

  override dial(options: Modem.DialOptions, callback: Modem.RequestCallback = () => {}): void {
    const path = `/v${this.#apiVersion}${withQuery(options.path, options.options ?? {})}`;
    if (options.method !== "GET") {
      callback(new Error(`${options.method ?? "no method"} is not sent: this product only reads`), null);
      return;
    }
    this.#get(path).then(
      (reply) => {
        // Whoever called parses it, in slices, and disposes of it.
        if (options.statusCodes?.[reply.status] === true) callback(null, reply);
        else callback(new EngineError(path, reply), null);
      },
      (error: Error) => callback(error, null),
    );
  }
}

/** dockerode ends a path with `?` where a query may follow. */
function withQuery(path: string, options: object): string {
  if (!path.endsWith("?")) return path;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    query.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return query.size === 0 ? path.slice(0, -1) : path + query.toString();
}
