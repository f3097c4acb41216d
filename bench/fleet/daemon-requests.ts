/** A list, a container, an image and the distribution of an image. */
export const PER_PROBE = 4;

export interface DaemonRequests {
  readonly perPass: number;
  readonly perCheck: number;
  readonly probes: number;
}

/**
 * Divides the requests that daemons received by what caused them. A pass asks for the version once, and lists the containers
 * in place of the ping; a check lists the images once; a probe of capabilities asks once for the distribution of an
 * image. All other lists and inspections count as a check's.
 */
export function daemonRequests(routes: Readonly<Record<string, number>>): DaemonRequests {
  const of = (route: string) => routes[`GET ${route}`] ?? 0;
  const [passes, checks, probes] = [of("/version"), of("/images/json"), of("/distribution/{name}/json")];
  const listsOfPasses = Math.max(0, passes - of("/_ping"));
  const requestsOfPasses = of("/_ping") + passes + of("/info") + listsOfPasses;
  const all = Object.values(routes).reduce((sum, count) => sum + count, 0);
  const requestsOfChecks = all - requestsOfPasses - probes * PER_PROBE;
  return { perPass: requestsOfPasses / passes, perCheck: requestsOfChecks / checks, probes };
}
