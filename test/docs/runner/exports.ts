/** What the reader would put in place of a page's own values, by variable. */
export type Values = Readonly<Record<string, string>>;

const EXPORT = /^export ([A-Z][A-Z0-9_]*)=(\S+)/;

/** The variables that a block sets by lines like `export NAME=value   # comment`. */
export function exportsOf(text: string): Values {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = EXPORT.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found[name] = value;
  }
  return found;
}

/** The block as a reader would change it before running it. */
export function withValues(text: string, values: Values): string {
  const lines = text.split("\n").map((line) => {
    const name = EXPORT.exec(line)?.[1];
    const value = name === undefined ? undefined : values[name];
    return name === undefined || value === undefined ? line : `export ${name}='${value}'`;
  });
  return lines.join("\n");
}
