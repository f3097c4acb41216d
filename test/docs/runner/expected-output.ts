/** A line of expected output that represents any number of lines. */
const ANY = "...";

/**
 * Why `actual` is not what the page shows, or undefined. Columns may be of another width, and points in time and spans
 * of time are others with every run.
 * @param replaced what the page shows for what this run has instead: its host name, its port
 */
export function outputProblem(
  expected: string,
  actual: string,
  replaced: readonly (readonly [string, string])[],
): string | undefined {
  // The longest first: one value may be part of another.
  const ordered = [...replaced].sort(([one], [other]) => other.length - one.length);
  const own = ordered.reduce((text, [shown, here]) => text.replaceAll(shown, here), expected);
  const wanted = comparable(own);
  const got = comparable(actual);
  if (matches(wanted, got)) return undefined;
  return `the page shows\n${wanted.join("\n")}\nand the commands printed\n${got.join("\n")}`;
}

function comparable(text: string): string[] {
  const lines = text.trim().split("\n");
  return lines.map((line) =>
    line
      .trim()
      .split(/\s+/)
      .map((word) =>
        word.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "TIME").replace(/^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/, "SPAN"),
      )
      .join(" "),
  );
}

function matches(wanted: readonly string[], got: readonly string[]): boolean {
  const [first, ...rest] = wanted;
  if (first === undefined) return got.length === 0;
  if (first === ANY) return got.some((_, index) => matches(rest, got.slice(index))) || matches(rest, []);
  return got[0] === first && matches(rest, got.slice(1));
}
