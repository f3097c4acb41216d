import { DOCKER_HOST } from "../api/docker-host.ts";
import type { PageServerOptions } from "../page/page-server.ts";
import { type GuardOptions, openGuard } from "./access-guard.ts";
import { UsageError } from "./exit-codes.ts";
import type { ControllerFlags } from "./flags/controller-flags.ts";
import type { Address } from "./listen-address.ts";

export interface ServedPage extends AsyncDisposable {
  /** Undefined if there is no page. */
  readonly url?: string;
}

/** How the page is served to those only who may see the hosts. */
export interface GuardedPage extends Pick<GuardOptions, "cluster" | "certPath" | "access" | "observer"> {
  /** The namespaces of the hosts, in words that follow "get dockerhosts". */
  readonly where: string;
}

type PageParts = Pick<PageServerOptions, "hosts" | "updates" | "gaps" | "clock" | "random" | "logger">;

/**
 * What `--page-auth` asks for. The page shows all hosts that the controller watches, so a reader needs the permission in
 * each namespace that it watches.
 */
export function guardedPage(
  { pageAuth, pageCertPath: certPath, watchNamespaces }: ControllerFlags,
  cluster: GuardOptions["cluster"],
  observer: GuardOptions["observer"],
): GuardedPage | undefined {
  if (pageAuth === "none") return undefined;
  const { group, plural: resource } = DOCKER_HOST;
  const namespaces = [...new Set(watchNamespaces ?? [undefined])];
  const access = namespaces.map((namespace) => ({ resourceAttributes: { group, resource, verb: "get", namespace } }));
  return { cluster, certPath, access, observer, where: placesOf(watchNamespaces && namespaces) };
}

const MOST_NAMED = 10;

function placesOf(namespaces: readonly (string | undefined)[] | undefined): string {
  if (namespaces === undefined) return "in all namespaces";
  if (namespaces.length > MOST_NAMED)
    return `in each of the ${namespaces.length} namespaces that the controller watches`;
  return `in ${namespaces.length === 1 ? "the namespace" : "each of the namespaces"} ${namespaces.join(", ")}`;
}

/** Serves the page about the fleet until it is disposed of. */
export async function startPage(
  address: Address | false,
  { guarded, ...parts }: PageParts & { readonly guarded?: GuardedPage | undefined },
): Promise<ServedPage> {
  if (address === false) return { [Symbol.asyncDispose]: async () => {} };
  const { clock, logger } = parts;
  const stop = new AbortController();
  const { signal } = stop;
  const names = { of: "the page", certFlag: "--page-cert-path" };
  const guard = guarded && (await openGuard({ ...guarded, ...names, clock, logger, signal }));
  const access = guarded && guard && { guard, where: guarded.where };
  // Most controllers serve no page, so it is loaded only here.
  const { servePage } = await import("../page/page-server.ts");
  const served = await servePage({ ...address, ...parts, signal, access });
  if (!served.ok) throw new UsageError(`${served.failure}; choose another --page-bind-address`);
  const name = address.host === "" ? "localhost" : address.host;
  const host = name.includes(":") ? `[${name}]` : name;
  const url = `${guard === undefined ? "http" : "https"}://${host}:${served.value.port}/`;
  logger.info("Serving the page", { url });
  return {
    url,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.value.closed;
      await guard?.close();
    },
  };
}
