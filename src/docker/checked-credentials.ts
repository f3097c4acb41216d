import { hash } from "node:crypto";
import type { Outcome } from "../api/failure.ts";
import type { Clock } from "../common/clock.ts";
import { ExpiringCache } from "../common/expiring-cache.ts";
import { certificateBlocks } from "../common/pem.ts";
import { success } from "../common/result.ts";
import { parseCertificate } from "./certificate.ts";
import { certificatesFingerprint } from "./credential-fingerprint.ts";
import type { CredentialFiles } from "./credential-layout.ts";
import { preflight, type TlsCredentials } from "./preflight.ts";

interface Checked {
  readonly credentials: TlsCredentials;
  /** Wall-clock milliseconds: within them no certificate begins or ceases to be valid. */
  readonly from: number;
  readonly until: number;
}

/** The limit for the PEM texts of all credentials together, and for the lists of CAs that they share. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_FINGERPRINT_BYTES = 1024 * 1024;
const BYTES_PER_FINGERPRINT = 200;
/** The texts contain private keys. They outlive the Secret that they came from by this at most. */
const LIFETIME_MS = 10 * 60_000;

/** Checks credentials once for as long as neither their texts nor what the time makes of them changes. */
export class CheckedCredentials {
  readonly #checked: ExpiringCache<Checked>;
  readonly #fingerprints: ExpiringCache<{ readonly fingerprint: string }>;
  /** The same list for all hosts with the same CA, because what is read from its certificates is remembered by list. */
  readonly #authorities: ExpiringCache<readonly string[]>;

  constructor(clock: Clock) {
    this.#checked = new ExpiringCache(clock, MAX_BYTES, ({ credentials: { ca = [], client } }) =>
      sizeOf([...ca, client?.cert ?? "", client?.key ?? ""]),
    );
    this.#authorities = new ExpiringCache(clock, MAX_BYTES, sizeOf);
    this.#fingerprints = new ExpiringCache(clock, MAX_FINGERPRINT_BYTES, () => BYTES_PER_FINGERPRINT);
  }

  /**
   * Does what `preflight` does. Failures are checked again each time.
   * @param now wall-clock milliseconds
   */
  preflight(files: CredentialFiles, now: number): Outcome<TlsCredentials> {
    const id = idOf(files);
    const known = this.#checked.get(id);
    if (known !== undefined && known.from <= now && now <= known.until) return success(known.credentials);
    const checked = preflight(files, now);
    if (!checked.ok) return checked;
    const { ca } = checked.value;
    const credentials = ca === undefined ? checked.value : { ...checked.value, ca: this.#shared(ca) };
    this.#checked.set(id, { credentials, from: now, until: nextExpiry(files, now) }, LIFETIME_MS);
    return success(credentials);
  }

  /** Does what `certificatesFingerprint` does. */
  fingerprint({ ca, cert }: CredentialFiles): string | undefined {
    const id = idOf([ca?.pem, cert?.pem]);
    const known = this.#fingerprints.get(id);
    if (known !== undefined) return known.fingerprint;
    const fingerprint = certificatesFingerprint({ ...(ca && { ca }), ...(cert && { cert }) });
    if (fingerprint !== undefined) this.#fingerprints.set(id, { fingerprint }, LIFETIME_MS);
    return fingerprint;
  }

  #shared(ca: readonly string[]): readonly string[] {
    const id = idOf(ca);
    const list = this.#authorities.get(id) ?? ca;
    this.#authorities.set(id, list, LIFETIME_MS);
    return list;
  }
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, pem) => sum + pem.length, 2_000);
}

function idOf(texts: object): string {
  return hash("sha256", JSON.stringify(texts), "base64");
}

/** When the first of the certificates that are valid now expires; wall-clock milliseconds. */
function nextExpiry({ ca, cert }: CredentialFiles, now: number): number {
  const texts = [ca, cert].flatMap((file) => (file === undefined ? [] : certificateBlocks(file.pem)));
  const ends = texts.map((pem) => parseCertificate(pem)?.validToDate.getTime() ?? now);
  return Math.min(...ends.filter((end) => end > now));
}
