/**
 * Where a message is read. `object`: in the status of an object, whose owner changes fields of the spec and Secrets.
 * `flags`: on a command line that names a host by flags, where there are only flags and files to change.
 */
export type Surface = "object" | "flags";

/** The next step in a message: one text that fits every surface, or one for each. */
export type Advice = string | Readonly<Record<Surface, string>>;

export function adviceOn(surface: Surface, advice: Advice): string {
  return typeof advice === "string" ? advice : advice[surface];
}
