import stringWidth from "string-width";

const GAP = 3;

/**
 * Aligns columns like kubectl: to the left, three spaces apart, without trailing spaces. Each cell becomes one line.
 */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [header, ...rows.map((row) => row.map(oneLine))];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ""))));
  return lines.map((line) =>
    line
      .map((text, column) => text + " ".repeat((widths[column] ?? 0) - stringWidth(text) + GAP))
      .join("")
      .trimEnd(),
  );
}

/** Removes control characters, so that text from a remote server cannot move the cursor of a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}
