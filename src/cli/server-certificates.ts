import { hostname } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Clock } from "../common/clock.ts";
import { errorCode } from "../common/error-code.ts";
import type { Logger } from "../common/logger.ts";
import { readBoundedFile } from "../common/read-file.ts";
import { failure, type Result, success } from "../common/result.ts";
import { type ServerPair, selfSigned } from "../common/x509/self-signed.ts";

const LARGEST_FILE_BYTES = 256 * 1024;
/** The kubelet writes a changed Secret about every minute. */
const LOOK_MS = 10_000;
const VALID_MS = 365 * 86_400_000;
const RENEW_MS = VALID_MS / 2;

export interface ServerCertificatesOptions {
  /** What is served, as the log names it, such as "/metrics". */
  readonly of: string;
  /** A folder with tls.crt and tls.key; undefined for a self-signed certificate. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The certificate of one of the program's own servers, which is replaced while the program runs. */
export class ServerCertificates {
  readonly #options: ServerCertificatesOptions;
  #pair: ServerPair;
  #madeAt: number;
  #problem: string | undefined;

  private constructor(options: ServerCertificatesOptions, pair: ServerPair) {
    this.#options = options;
    this.#pair = pair;
    this.#madeAt = options.clock.monotonic();
  }

  /** A failure is a sentence for the user. */
  static async load(options: ServerCertificatesOptions): Promise<Result<ServerCertificates, string>> {
    const pair = await load(options);
    return pair.ok ? success(new ServerCertificates(options, pair.value)) : pair;
  }

  get pair(): ServerPair {
    return this.#pair;
  }

  /** Calls back with each new pair. A pair that cannot be used is logged once, and the old one stays. */
  follow(onChange: (pair: ServerPair) => void, signal: AbortSignal): void {
    const { clock } = this.#options;
    let cancel = () => {};
    const look = async () => {
      const next = await this.renew();
      if (signal.aborted) return;
      if (next !== undefined) onChange(next);
      arm();
    };
    const arm = () => {
      cancel = clock.after(LOOK_MS, () => void look(), { background: true });
    };
    signal.addEventListener("abort", () => cancel(), { once: true });
    arm();
  }

  /** Returns a new pair if there is one. */
  async renew(): Promise<ServerPair | undefined> {
    const { of, folder, clock, logger } = this.#options;
    if (folder === undefined && clock.monotonic() - this.#madeAt < RENEW_MS) return undefined;
    const loaded = await load(this.#options);
    if (!loaded.ok) {
      if (loaded.failure !== this.#problem) {
        logger.warn(`The certificate of ${of} cannot be renewed; the former one stays`, { detail: loaded.failure });
      }
      this.#problem = loaded.failure;
      return undefined;
    }
    this.#problem = undefined;
    if (loaded.value.cert === this.#pair.cert && loaded.value.key === this.#pair.key) return undefined;
    this.#pair = loaded.value;
    this.#madeAt = clock.monotonic();
    logger.info(`The certificate of ${of} has changed`);
    return loaded.value;
  }
}

async function load({ folder, clock }: ServerCertificatesOptions): Promise<Result<ServerPair, string>> {
  if (folder === undefined) {
    const dnsNames = ["localhost", hostname()];
    return success(await selfSigned({ commonName: "dockerhost", dnsNames, now: clock.now(), validForMs: VALID_MS }));
  }
  const [cert, key] = await Promise.all([readText(join(folder, "tls.crt")), readText(join(folder, "tls.key"))]);
  if (!cert.ok) return cert;
  if (!key.ok) return key;
  const pair = { cert: cert.value, key: key.value };
  try {
    createSecureContext(pair);
  } catch {
    // OpenSSL's message could quote the file.
    return failure(`tls.crt and tls.key in ${folder} are not a certificate and its private key in PEM`);
  }
  return success(pair);
}

async function readText(path: string): Promise<Result<string, string>> {
  try {
    const bytes = await readBoundedFile(path, LARGEST_FILE_BYTES);
    return bytes === undefined ? failure(`${path} is too large`) : success(bytes.toString("utf8"));
  } catch (error) {
    return failure(`Cannot read ${path} (${errorCode(error) ?? "unknown error"})`);
  }
}
