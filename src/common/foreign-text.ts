import { printable } from "./printable.ts";
import { withoutSecrets } from "./secret-patterns.ts";
import { truncate } from "./truncate.ts";

/**
 * A text from outside, as a status or a message may have it: at most `max` UTF-16 units, without characters that move a
 * cursor, and without what looks like a secret. A server can send back what it was shown, and more people may read a
 * status than a Secret.
 */
export function foreignText(text: string, max: number): string {
  return printable(truncate(withoutSecrets(beginning(text, Math.max(4 * max, 4_096))), max));
}

/** As much as is searched for secrets. The last word is left out if it was cut: it may be the start of a secret. */
function beginning(text: string, max: number): string {
  return text.length > max ? text.slice(0, max).replace(/\S{1,512}$/, "") || text.slice(0, max) : text;
}
