/** Prometheus' text format, line by line: the value of each series by its name with its labels as they are written. */
export function series(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Those whose name begins so, as an object that tests compare. */
export function seriesOf(text: string, prefix: string): Readonly<Record<string, number>> {
  return Object.fromEntries([...series(text)].filter(([name]) => name.startsWith(prefix)));
}
