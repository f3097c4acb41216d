import type { DockerHostObject } from "../api/docker-host.ts";
import { isExpiring } from "../common/expiry-window.ts";
import { hasWords, searchWords } from "./search.ts";
import { inOrder } from "./sort-order.ts";

const DAY_MS = 24 * 3_600_000;
const BEFORE_DAYS = 60;
const LEAST_DAYS = 90;
const MOST_DAYS = 800;

/** The period that the axis covers, in wall-clock milliseconds. */
export interface TimeAxis {
  readonly from: number;
  readonly to: number;
  readonly now: number;
  /** The first days of months, at most 12. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export const CERTIFICATE_ROLES = ["server", "client", "ca"] as const;
export type CertificateRole = (typeof CERTIFICATE_ROLES)[number];

export interface CertificateBar {
  readonly role: CertificateRole;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly fingerprint: string;
  /** `namespace/name` of each host that uses it. */
  readonly hosts: readonly string[];
}

/** Returns each certificate of the hosts once; those that expire first come first. */
export function certificateBars(hosts: readonly DockerHostObject[]): readonly CertificateBar[] {
  const found = new Map<string, CertificateBar & { readonly hosts: string[] }>();
  for (const { metadata, status } of inOrder(hosts)) {
    for (const role of CERTIFICATE_ROLES) {
      const certificate = status?.certificates?.[role];
      if (certificate === undefined) continue;
      const key = `${role} ${certificate.fingerprint}`;
      const bar = found.get(key) ?? { role, ...certificate, hosts: [] };
      bar.hosts.push(`${metadata.namespace}/${metadata.name}`);
      found.set(key, bar);
    }
  }
  return [...found.values()].sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
}

/** The states of a certificate. Those that need attention come first. */
export const CERTIFICATE_STATES = [
  { id: "expired", word: "Expired" },
  { id: "not-valid-yet", word: "Not valid yet" },
  { id: "soon", word: "Soon" },
  { id: "valid", word: "Valid" },
] as const;
export type CertificateState = (typeof CERTIFICATE_STATES)[number]["word"];

/** What a certificate is at a time. `Soon` has the same rule as the condition CertificateExpiring. */
export function certificateState(bar: Pick<CertificateBar, "notBefore" | "notAfter">, now: number): CertificateState {
  if (Date.parse(bar.notAfter) < now) return "Expired";
  if (Date.parse(bar.notBefore) > now) return "Not valid yet";
  return isExpiring(bar, now) ? "Soon" : "Valid";
}

/**
 * The certificates of a state in which all words of a search occur: in the subject, the issuer, the fingerprint and the
 * hosts that use it.
 * @param state the ID of a state; empty for all states
 */
export function selectedBars(
  bars: readonly CertificateBar[],
  { search, state }: { readonly search: string; readonly state: string },
  now: number,
): readonly CertificateBar[] {
  const words = searchWords(search);
  const wanted = CERTIFICATE_STATES.find(({ id }) => id === state)?.word;
  return bars.filter(
    (bar) =>
      (wanted === undefined || certificateState(bar, now) === wanted) &&
      hasWords([bar.subject, bar.issuer, bar.fingerprint, ...bar.hosts], words),
  );
}

/** Returns an axis that includes today and the ends of all bars that are not too far away. */
export function timeAxis(bars: readonly CertificateBar[], now: number): TimeAxis {
  const last = bars.reduce((latest, { notAfter }) => Math.max(latest, Date.parse(notAfter) - now), 0);
  const days = Math.min(MOST_DAYS, Math.max(LEAST_DAYS, Math.ceil((last / DAY_MS) * 1.05)));
  const from = now - BEFORE_DAYS * DAY_MS;
  const to = now + days * DAY_MS;
  return { from, to, now, ticks: monthsBetween(from, to) };
}

/** Returns the position of a time on the axis, from 0 to `width`. A time outside is at the nearer end. */
export function position({ from, to }: TimeAxis, at: number, width: number): number {
  const share = (at - from) / (to - from);
  return Math.round(Math.min(1, Math.max(0, share)) * width * 10) / 10;
}

function monthsBetween(from: number, to: number): TimeAxis["ticks"] {
  const start = new Date(from);
  const months: { at: number; label: string }[] = [];
  for (let month = 1; ; month++) {
    const at = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + month, 1);
    if (at >= to) break;
    months.push({ at, label: new Date(at).toISOString().slice(0, 7) });
  }
  const step = Math.ceil(months.length / 12);
  return months.filter((_month, index) => index % step === 0);
}
