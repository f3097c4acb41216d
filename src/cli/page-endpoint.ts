import { type PageServerOptions, servePage } from "../page/page-server.ts";
import { UsageError } from "./exit-codes.ts";
import type { Address } from "./listen-address.ts";

export interface ServedPage extends AsyncDisposable {
  /** Undefined if there is no page. */
  readonly url?: string;
}

/** Serves the page about the fleet until it is disposed of. */
export async function startPage(
  address: Address | false,
  parts: Pick<PageServerOptions, "hosts" | "clock" | "random" | "logger">,
): Promise<ServedPage> {
  if (address === false) return { [Symbol.asyncDispose]: async () => {} };
  const stop = new AbortController();
  const served = await servePage({ ...address, ...parts, signal: stop.signal });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --page-bind-address`);
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const url = `http://${host}:${served.value.port}/`;
  parts.logger.info("Serving the page", { url });
  return {
    url,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
    },
  };
}
