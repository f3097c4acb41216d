import { createHash } from "node:crypto";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import { certificateBlocks } from "../common/pem.ts";
import { success } from "../common/result.ts";
import { parseCertificate } from "./certificate.ts";
import type { CredentialFiles } from "./credential-layout.ts";
import { preflight, type TlsCredentials } from "./preflight.ts";

interface Checked {
  readonly credentials: TlsCredentials;
  /** Wall-clock milliseconds: within them no certificate begins or ceases to be valid. */
  readonly from: number;
  readonly until: number;
}

/** The limit for the PEM texts of all credentials together. */
const MAX_BYTES = 8 * 1024 * 1024;
/** The texts contain private keys. They outlive the Secret that they came from by this at most. */
const LIFETIME_MS = 10 * 60_000;

/** Checks credentials once for as long as neither their texts nor what the time makes of them changes. */
export class CheckedCredentials {
  readonly #checked: ExpiringCache<Checked>;

  constructor(clock: Clock) {
    this.#checked = new ExpiringCache(clock, MAX_BYTES, ({ credentials: { ca = [], client } }) =>
      [...ca, client?.cert ?? "", client?.key ?? ""].reduce((sum, pem) => sum + pem.length, 2_000),
    );
  }

  /**
   * Does what `preflight` does. Failures are checked again each time.
   * @param now wall-clock milliseconds
   */
  preflight(files: CredentialFiles, now: number): Outcome<TlsCredentials> {
    const id = createHash("sha256").update(JSON.stringify(files)).digest("base64");
    const known = this.#checked.get(id);
    if (known !== undefined && known.from <= now && now <= known.until) return success(known.credentials);
    const checked = preflight(files, now);
    if (checked.ok) {
      this.#checked.set(id, { credentials: checked.value, from: now, until: nextExpiry(files, now) }, LIFETIME_MS);
    }
    return checked;
  }
}

/** When the first of the certificates that are valid now expires; wall-clock milliseconds. */
function nextExpiry({ ca, cert }: CredentialFiles, now: number): number {
  const texts = [ca, cert].flatMap((file) => (file === undefined ? [] : certificateBlocks(file.pem)));
  const ends = texts.map((pem) => parseCertificate(pem)?.validToDate.getTime() ?? now);
  return Math.min(...ends.filter((end) => end > now));
}
