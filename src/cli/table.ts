import stringWidth from "string-width";

const GAP = 3;

/**
 * Aligns columns like kubectl: to the left, three spaces apart, without trailing spaces. Each cell becomes one line.
 * @param paint colours a cell; without a row it is of the header
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number, row: number | undefined) => string = (text) => text,
): string[] {
  const lines = [header, ...rows.map((row) => row.map(oneLine))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ""))));
  return lines.map((line, index) => {
    const end = line.findLastIndex((text) => text !== "");
    return line
      .slice(0, end + 1)
      .map((text, column) => {
        const padding = column === end ? 0 : (widths[column] ?? 0) - stringWidth(text) + GAP;
        return (text === "" ? "" : paint(text, column, index === 0 ? undefined : index - 1)) + " ".repeat(padding);
      })
      .join("");
  });
}

/** Removes control characters, so that text from a remote server cannot move the cursor of a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}
