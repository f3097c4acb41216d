import type { AuditEvent } from "../env/audit.ts";

/** What of a role says what it grants. */
export interface RightsRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `patch dockerhost.dev/dockerhosts/status`, `get secrets` and so on: what rules grant, each once. */
export function rightsGranted(rules: readonly RightsRule[]): readonly string[] {
  const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => rightTo(verb, group, resource)))),
  );
  return [...new Set(rights)].sort();
}

/** An account that the chart makes for a controller, by whatever name of release. */
const ACCOUNT = /^system:serviceaccount:[^:]+:([^:]*dockerhost-operator[^:]*)$/;
const CONTROLLER = /^dockerhost-operator\//;
const FORBIDDEN = 403;

/** Calls that came to the same, and how many. */
export type Counts = ReadonlyMap<string, number>;

/** Counts what the accounts of the chart ask of API servers, by what the servers' authorizers say about it. */
export class RightsTally {
  readonly #used = new Map<string, number>();
  readonly #everyones = new Map<string, number>();
  readonly #stray = new Map<string, number>();
  readonly #refusals = new Map<string, { readonly call: string; readonly times: number }>();
  /** User, right and namespace of what a role of the chart let through. */
  readonly #granted = new Set<string>();
  readonly #accounts = new Set<string>();
  #calls = 0;

  /** By the right that a role of the chart gave for them. */
  get used(): Counts {
    return this.#used;
  }

  /** By what every account may do. */
  get everyones(): Counts {
    return this.#everyones;
  }

  /** Let through by something else: a controller's that had another account, or by a role that is not the chart's. */
  get stray(): Counts {
    return this.#stray;
  }

  /** By account and right: those that no role grants. */
  get refused(): Counts {
    return this.#refusedWhere((granted) => !granted);
  }

  /**
   * Calls that are granted to the same account at another time: a server that is starting does not know the roles yet.
   */
  get refusedForAMoment(): Counts {
    return this.#refusedWhere((granted) => granted);
  }

  /** How many accounts have called, each of a namespace. */
  get accounts(): number {
    return this.#accounts.size;
  }

  get calls(): number {
    return this.#calls;
  }

  see(event: AuditEvent): void {
    const { username } = event.user;
    const account = ACCOUNT.exec(username)?.[1];
    const right = rightOf(event);
    if (account === undefined) {
      if (CONTROLLER.test(event.userAgent ?? "")) count(this.#stray, `${username}: ${right}`);
      return;
    }
    this.#calls++;
    this.#accounts.add(username);
    const key = JSON.stringify([username, right, event.objectRef?.namespace]);
    const decision = event.annotations?.["authorization.k8s.io/decision"];
    if (decision === "forbid" || event.responseStatus?.code === FORBIDDEN) {
      const before = this.#refusals.get(key);
      this.#refusals.set(key, { call: `${account}: ${right}`, times: (before?.times ?? 0) + 1 });
      return;
    }
    // Not asked of the authorizer, for example since the server had too much to do.
    if (decision === undefined) return;
    const reason = event.annotations?.["authorization.k8s.io/reason"] ?? "";
    const role = /of (?:Cluster)?Role "([^"]+)"/.exec(reason)?.[1] ?? "";
    if (role.includes("dockerhost-operator")) {
      count(this.#used, right);
      this.#granted.add(key);
    } else if (role.startsWith("system:")) count(this.#everyones, right);
    else count(this.#stray, `${account}: ${right}: ${reason}`);
  }

  #refusedWhere(matches: (isGranted: boolean) => boolean): Counts {
    const counts = new Map<string, number>();
    for (const [key, { call, times }] of this.#refusals)
      if (matches(this.#granted.has(key))) count(counts, call, times);
    return counts;
  }
}

function rightOf({ verb, requestURI, objectRef }: AuditEvent): string {
  if (objectRef === undefined) return `${verb} ${requestURI.split("?")[0]}`;
  const { apiGroup = "", resource, subresource } = objectRef;
  return rightTo(verb, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`);
}

function rightTo(verb: string, group: string, resource: string): string {
  return `${verb} ${group === "" ? resource : `${group}/${resource}`}`;
}

function count(counts: Map<string, number>, key: string, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}
