import type { RegistryCredential } from "../../registry/registry-credentials.ts";

/** A shorter text may occur anywhere by chance. */
const MIN_LENGTH = 8;
const HIDDEN = "[redacted]";

interface Written {
  readonly status: object;
  readonly events: readonly object[];
}

/**
 * The credentials that one check sends to registries and daemons. Their answers can contain these credentials, for
 * example as the name of a container or of a tag, and more people may read a status than a Secret.
 */
export class SentCredentials {
  readonly #texts = new Set<string>();

  add(credential: RegistryCredential): void {
    if (credential.kind !== "basic") {
      this.#add(credential.token);
      return;
    }
    const { username, password } = credential;
    this.#add(password);
    this.#add(encodeURIComponent(password));
    this.#add(Buffer.from(`${username}:${password}`).toString("base64"));
  }

  /** Returns a conclusion without the credentials in what it writes. */
  hideIn<T extends Written>(conclusion: T): T {
    const written = JSON.stringify({ status: conclusion.status, events: conclusion.events });
    if (![...this.#texts].some((text) => written.includes(JSON.stringify(text).slice(1, -1)))) return conclusion;
    const hidden: Pick<T, keyof Written> = JSON.parse(written, (_, value: unknown) =>
      typeof value === "string" ? this.#hide(value) : value,
    );
    return { ...conclusion, ...hidden };
  }

  #add(text: string): void {
    if (text.length >= MIN_LENGTH) this.#texts.add(text);
  }

  #hide(text: string): string {
    // The longest come first, because one may contain another.
    const texts = [...this.#texts].sort((a, b) => b.length - a.length);
    return texts.reduce((safe, sent) => safe.replaceAll(sent, HIDDEN), text);
  }
}
