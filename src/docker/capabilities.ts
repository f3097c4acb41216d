import type { Failure, Outcome } from "../api/failure.ts";
import type { CapabilitiesStatus } from "../api/status.ts";
import { isDenial } from "./denial.ts";
import { EngineError } from "./fleet-modem.ts";

export type Capability = keyof CapabilitiesStatus;

/** The parts of the API that an update check needs. */
export const NEEDED: readonly Capability[] = ["list", "inspect", "imageInspect"];

/**
 * One part of the API and whether it may be used. `denied` has a reason; `unknown` means that the answer did not show
 * it.
 */
export interface Probe {
  readonly capability: Capability;
  readonly allowed: boolean | undefined;
  readonly denial?: Failure;
}

interface Part {
  readonly capability: Capability;
  /** Its name in messages. */
  readonly what: string;
  /** Tecnativa's. */
  readonly switches: readonly string[];
}

const PARTS: readonly Part[] = [
  { capability: "list", what: "listing containers", switches: ["CONTAINERS"] },
  { capability: "inspect", what: "inspecting containers", switches: ["CONTAINERS"] },
  { capability: "imageInspect", what: "images", switches: ["IMAGES"] },
  { capability: "distribution", what: "asking registries through the daemon", switches: ["DISTRIBUTION"] },
  { capability: "pull", what: "pulling images", switches: ["IMAGES", "POST"] },
  { capability: "recreate", what: "replacing containers", switches: ["CONTAINERS", "POST"] },
];

interface Request {
  readonly capability: Capability;
  readonly path: (absent: string) => string;
  /** The statuses which show that the part may be used. */
  readonly allowed: readonly number[];
}

/** No daemon looks further than an index for these; `scratch` is refused before any registry is asked. */
const REQUESTS: readonly Request[] = [
  {
    capability: "list",
    path: (absent) => `/containers/json?limit=1&filters=${encodeURIComponent(JSON.stringify({ id: [absent] }))}`,
    allowed: [],
  },
  {
    capability: "inspect",
    path: (absent) => `/containers/${absent}/json`,
    allowed: [404],
  },
  { capability: "imageInspect", path: (absent) => `/images/sha256:${absent}/json`, allowed: [404] },
  {
    capability: "distribution",
    path: () => "/distribution/scratch/json",
    allowed: [400],
  },
];

/** Asks for one part after the other. `ask` succeeds with any status below 400. */
export async function probeCapabilities(
  absent: string,
  ask: (path: string) => Promise<Outcome<void>>,
): Promise<readonly Probe[]> {
  const probes: Probe[] = [];
  for (const { capability, path, allowed } of REQUESTS) {
    const answer = await ask(path(absent));
    if (answer.ok) probes.push({ capability, allowed: true });
    else if (isDenial(answer.failure)) probes.push({ capability, allowed: false, denial: answer.failure });
    else probes.push({ capability, allowed: isAllowed(answer.failure, allowed) });
  }
  return probes;
}

/**
 * Only Docker's own answer shows that this part may be used. Podman, which does not have it, answers without
 * Api-Version.
 */
function isAllowed({ cause }: Failure, allowed: readonly number[]): boolean | undefined {
  if (!(cause instanceof EngineError)) return undefined;
  const { status, headers } = cause.reply;
  if (headers["api-version"] === undefined) return status === 404 ? false : undefined;
  return allowed.includes(status) ? true : undefined;
}

export function toStatus(probes: readonly Probe[]): CapabilitiesStatus {
  return Object.fromEntries(
    probes.flatMap(({ capability, allowed }) => (allowed === undefined ? [] : [[capability, allowed]])),
  );
}

/**
 * Which of the needed parts are denied, by whom, and how to allow them; undefined if none are. Does not quote anybody's
 * text.
 */
export function denialNotice(probes: readonly Probe[], needed: readonly Capability[] = NEEDED): string | undefined {
  const denied = PARTS.flatMap((part) => {
    const denial = probes.find(({ capability }) => capability === part.capability)?.denial;
    return denial === undefined || !needed.includes(part.capability) ? [] : [{ ...part, denial }];
  });
  const of = (reason: Failure["reason"]) => denied.filter(({ denial }) => denial.reason === reason);
  const byProxy = of("PermissionDenied");
  const byDaemon = of("AuthorizationDenied");
  const switches = new Set(byProxy.flatMap((part) => part.switches));
  const parts = [
    ...(byProxy.length === 0
      ? []
      : [`a proxy denies ${list(byProxy)}: set ${[...switches].map((name) => `${name}=1`).join(" ")} (Tecnativa)`]),
    ...(byDaemon.length === 0 ? [] : [`an authorization plugin of the daemon denies ${list(byDaemon)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}

function list(parts: readonly Part[]): string {
  return parts.map(({ what }) => what).join(", ");
}
