import stringWidth from "string-width";
import { type CliStream, terminalWidth } from "./context.ts";
import { oneLine } from "./table.ts";

/** Breaks a text between words; what is longer than a line is broken anywhere. Ends in an ellipsis if it is cut. */
export function wrap(text: string, width: number, most = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(/ +/)) {
    let rest = word;
    if (line !== "" && stringWidth(line) + 1 + stringWidth(rest) > width) {
      lines.push(line);
      line = "";
    }
    while (stringWidth(rest) > width) {
      const head = prefix(rest, width);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line = line === "" ? rest : `${line} ${rest}`;
  }
  if (line !== "") lines.push(line);
  if (lines.length <= most) return lines;
  const kept = lines.slice(0, most);
  const last = kept.at(-1) ?? "";
  const room = stringWidth(last) < width ? last : last.slice(0, Math.max(0, last.lastIndexOf(" ")));
  return [...kept.slice(0, -1), `${room === "" ? prefix(last, width - 1) : room}…`];
}

/** Writes one message: broken to the width of a terminal, on one line elsewhere. */
export function writeMessage(stream: CliStream, text: string): void {
  const width = terminalWidth(stream);
  stream.write(`${(width === undefined ? [oneLine(text)] : wrap(text, width)).join("\n")}\n`);
}

/** Cuts a text to a width, with an ellipsis. */
export function cutTo(text: string, width: number): string {
  return stringWidth(text) <= width ? text : `${prefix(text, width - 1)}…`;
}

/** As much of the beginning as fits; never half of a character. */
function prefix(text: string, width: number): string {
  let taken = "";
  for (const character of text) {
    if (stringWidth(taken) + stringWidth(character) > width) break;
    taken += character;
  }
  return taken === "" ? text.slice(0, 1) : taken;
}
