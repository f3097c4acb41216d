import type { ReasonEntry } from "./reasons/entry.ts";
import { reasons } from "./reasons.ts";

/** The advice of the table that differs for somebody who names a host by flags. */
const ADVICE = Object.values<ReasonEntry>(reasons).flatMap(({ fix, fixByFlags }) =>
  fixByFlags === undefined ? [] : [{ fix, fixByFlags }],
);

/** What a status says about Secrets and fields of the spec, in terms of files and flags. The longer phrases come first. */
const FLAGS: readonly (readonly [RegExp, string])[] = [
  [/ of Secret "[^"]*"/g, ""],
  [/\bSecret "[^"]*" (?=has )/g, "The input "],
  [/ or (?:map|correct) (?:its|the|their) names? in spec\.tls\.certSecretRef\.keys/g, ""],
  [/\bspec\.tls\.verify(?: set)?(?: to)? true\b/g, "--tlsverify"],
  [/\bspec\.tls\.verify: true\b/g, "--tlsverify"],
  [/\bspec\.tls\.verify\b/g, "--tlsverify"],
  [/\bspec\.tls\.certSecretRef\b(?!\.\w)/g, "--tlscert and --tlskey"],
  [/\bspec\.tls\.caSecretRef\b(?!\.\w)/g, "--tlscacert"],
  [/\bspec\.apiVersion\b/g, "--api-version"],
  [/\bspec\.host\b/g, "--host"],
];

/** A field that no flag sets. */
const OTHER_FIELD = /\bspec\.[A-Za-z]+(?:\.[A-Za-z]+|\[\d*\])*/g;

/** Names and words of others are in quotation marks. So are names of Secrets, which are translated. */
const QUOTED = /\bSecret "[^"]*"|"[^"]*"/g;

/** A field in our own text. `https://spec.host:2376` and `/etc/spec.host` are addresses and paths of others. */
const FIELD_WORD = /^[(`]*spec\.[A-Za-z]+(?:\.[A-Za-z]+|\[\d*\])*[)`,;:.]*$/;

/**
 * Translates a message for somebody who named a host by flags. Messages are written for a status, where the next step is
 * a field of the spec or a Secret; on a command line it is a flag or a file. Words of others do not change.
 */
export function inFlagWords(message: string): string {
  let text = message;
  for (const { fix, fixByFlags } of ADVICE) text = text.replaceAll(fix, () => fixByFlags);
  const kept: string[] = [];
  const keep = (words: string) => `\uE000${kept.push(words) - 1}\uE000`;
  text = text
    .replace(QUOTED, (words) => (words.startsWith("Secret") ? words : keep(words)))
    .replace(/\S*spec\.\S*/g, (word) => (FIELD_WORD.test(word) ? word : keep(word)));
  for (const [field, flag] of FLAGS) text = text.replaceAll(field, flag);
  if (!text.includes(" -f ")) text = text.replaceAll(OTHER_FIELD, (field) => `${field} (in a manifest, with -f)`);
  return restored(text, kept);
}

/** A word that is kept can contain quoted words that are kept too. */
function restored(text: string, kept: readonly string[]): string {
  return kept.reduceRight((all, words, index) => all.replace(`\uE000${index}\uE000`, () => words), text);
}
