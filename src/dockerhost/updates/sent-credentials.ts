import type { RegistryCredential } from "../../registry/registry-credentials.ts";
import type { UpdatesPlan } from "./updates-conclusion.ts";

/** A shorter text may occur anywhere by chance. */
const MIN_LENGTH = 8;
const HIDDEN = "[redacted]";

/**
 * The credentials that one check sends to registries and daemons. Their answers can contain these credentials, for
 * example as the name of a container or of a tag, and more people may read a status than a Secret.
 */
export class KnownCredentials {
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

  /** Returns the plan without the credentials in what it writes. */
  hideIn(plan: UpdatesPlan): UpdatesPlan {
    const written = JSON.stringify({ status: plan.status, events: plan.events });
    if (![...this.#texts].some((text) => written.includes(JSON.stringify(text).slice(1, -1)))) return plan;
    const hidden: Pick<UpdatesPlan, "status" | "events"> = JSON.parse(written, (_, value: unknown) =>
      typeof value === "string" ? this.#hide(value) : value,
    );
    return { ...plan, ...hidden };
  }

  #add(text: string): void {
    if (text.length >= MIN_LENGTH) this.#texts.add(text);
  }

  #hide(text: string): string {
    // The longest come first, because one may contain another.
    const texts = [...this.#texts].sort((a, b) => b.length - a.length);
    return texts.reduce((safe, known) => safe.replaceAll(known, HIDDEN), text);
  }
}
