import type { ConditionContent } from "../../api/conditions.ts";
import type { CertificateStatus, CertificatesStatus, TlsMode } from "../../api/status.ts";
import { isExpiring } from "../../common/expiry-window.ts";

type SeenCertificates = Omit<CertificatesStatus, "nextExpiry">;

const NAMES = {
  server: "server's certificate",
  client: "client certificate",
  ca: "CA of the server's certificate",
} as const;

/** The earliest expiry date of the certificates; undefined if there are none. */
export function nextExpiry(known: SeenCertificates): Pick<CertificatesStatus, "nextExpiry"> {
  const [first] = byExpiry(known);
  return first === undefined ? {} : { nextExpiry: first.certificate.notAfter };
}

/**
 * Whether a certificate expires soon. This informs people and alerts, and never makes a host less than Ready.
 * @param now wall-clock milliseconds
 */
export function expiryContent(known: SeenCertificates, tlsMode: TlsMode | undefined, now: number): ConditionContent {
  if (tlsMode === "None") {
    return {
      type: "CertificateExpiring",
      status: "False",
      reason: "NotApplicable",
      message: "The connection has no certificates",
    };
  }
  const all = byExpiry(known);
  const expiring = all.filter(({ certificate }) => isExpiring(certificate, now));
  const [first] = all;
  if (first === undefined) {
    return {
      type: "CertificateExpiring",
      status: "Unknown",
      reason: "NotAttempted",
      message: "No certificate of the connection is known",
    };
  }
  if (expiring.length === 0) {
    return {
      type: "CertificateExpiring",
      status: "False",
      reason: "CertificatesCurrent",
      message: `The first to expire is the ${NAMES[first.role]}, on ${first.certificate.notAfter}`,
    };
  }
  // Contains dates and not the days left, so that the same state has the same text.
  const list = expiring.map(({ role, certificate: { notAfter } }) => {
    const expires = Date.parse(notAfter) < now ? "expired" : "expires";
    return `the ${NAMES[role]} ${expires} on ${notAfter}`;
  });
  return {
    type: "CertificateExpiring",
    status: "True",
    reason: "CertificateExpiresSoon",
    message: `${Date.parse(first.certificate.notAfter) < now ? "Renew now" : "Renew in time"}: ${list.join(", ")}`,
  };
}

const DAY_MS = 24 * 3_600_000;
/** How often somebody is reminded of a certificate that is not renewed. */
const STAGES: readonly (readonly [name: string, ms: number])[] = [
  ["expired", 0],
  ["1d", DAY_MS],
  ["7d", 7 * DAY_MS],
];

/**
 * Each certificate that is about to expire, with the shortest of the times that it has left: `server 7d 2026-07-01T00:00:00Z`.
 * The text of a certificate changes only when it has passed the next of them.
 * @param now wall-clock milliseconds
 */
export function expiryStages(known: SeenCertificates, now: number): readonly string[] {
  return byExpiry(known).flatMap(({ role, certificate }) => {
    if (!isExpiring(certificate, now)) return [];
    const left = Date.parse(certificate.notAfter) - now;
    const [stage = "soon"] = STAGES.find(([, ms]) => left < ms) ?? [];
    return [`${role} ${stage} ${certificate.notAfter}`];
  });
}

function byExpiry(known: SeenCertificates): { role: keyof SeenCertificates; certificate: CertificateStatus }[] {
  return (["server", "client", "ca"] as const)
    .flatMap((role) => (known[role] === undefined ? [] : [{ role, certificate: known[role] }]))
    .sort((a, b) => Date.parse(a.certificate.notAfter) - Date.parse(b.certificate.notAfter));
}
