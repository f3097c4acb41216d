import { age } from "../views/age.ts";
import { shortDigest } from "../views/short-digest.ts";
import { breakable, type Html, html, NOTHING } from "./html.ts";

/** The colour that accompanies a word. The word has the same meaning without it. */
export type Tone = "bad" | "warn" | "info" | "good" | "quiet";

export function badge(tone: Tone, word: string): Html {
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** How long ago something was. The script keeps it current; without it, the age is that at the time of rendering. */
export function ago(timestamp: string | undefined, now: number): Html {
  if (timestamp === undefined) return NOTHING;
  return html`<time datetime="${timestamp}" title="${timestamp}" data-ago>${age(now - Date.parse(timestamp))} ago</time>`;
}

/** For how long something has been so. The script keeps it current as well. */
export function lasting(since: string, now: number): Html {
  return html`<time datetime="${since}" title="since ${since}" data-for>for ${age(now - Date.parse(since))}</time>`;
}

/** How long it is until something is due. The script keeps it current as well. */
export function until(timestamp: string, now: number): Html {
  const ms = Date.parse(timestamp) - now;
  return html`<time datetime="${timestamp}" title="${timestamp}" data-until>${ms > 0 ? `in ${age(ms)}` : "now"}</time>`;
}

export function hostPath(namespace: string, name: string): string {
  return `/hosts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** A link to a host by its key `namespace/name`. */
export function hostLink(key: string): Html {
  const [namespace = "", name = ""] = key.split("/");
  return html`<a href="${hostPath(namespace, name)}">${breakable(key)}</a>`;
}

export function digest(value: string | undefined): Html {
  return value === undefined ? NOTHING : html`<code title="${value}">${shortDigest(value)}</code>`;
}

/** Between two digests. A line may break after it only. */
export const TO = html`&nbsp;<span role="img" aria-label="to">→</span> `;

/** Says why some of what readers look for is not there. */
export function missingParts(sentences: readonly string[]): Html {
  if (sentences.length === 0) return NOTHING;
  return html`<section class="warnings missing" aria-label="What is missing">${sentences.map((text) => html`<p>${text}</p>`)}</section>`;
}

/** What a table shows if nothing is known. */
export function cell(text: string): Html {
  return text === "" ? html`<span class="none unknown">not known</span>` : html`${text}`;
}
