/** The classes of the colours that the program uses, by their escape code. */
const CLASSES: Readonly<Record<string, string>> = { "1": "b", "31": "r", "32": "g", "33": "y", "90": "d" };

const [LINE, COLUMN, MARGIN] = [18, 8.4, 16];

/** Draws the output of a program, with its colours, as a terminal of 80 columns. */
export function picture(output: string): string {
  const lines = output.split("\n");
  const [width, height] = [80 * COLUMN + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const rows = lines.map(
    (line, index) => `<text x="${MARGIN}" y="${MARGIN + (index + 0.75) * LINE}">${spans(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>What npm run demo prints</title>
<style>
text { font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d0d7de; white-space: pre; }
.b { font-weight: bold; } .r { fill: #ff7b72; } .g { fill: #7ee787; } .y { fill: #e3b341; } .d { fill: #8b949e; }
</style>
<rect width="100%" height="100%" rx="8" fill="#161b22"/>
${rows.join("\n")}
</svg>
`;
}

function spans(line: string): string {
  const [first = "", ...parts] = line.split("\u001b[");
  const rest = parts.map((part) => {
    const [, code = "", text = ""] = /^([0-9]+)m([\s\S]*)$/.exec(part) ?? [];
    const name = CLASSES[code];
    return text === "" ? "" : name === undefined ? escaped(text) : `<tspan class="${name}">${escaped(text)}</tspan>`;
  });
  return escaped(first) + rest.join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
