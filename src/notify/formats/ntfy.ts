import { truncateUtf8 } from "../../common/truncate.ts";
import { isAlarm, moreOf, sectionsOf } from "../words.ts";
import type { Format } from "./format.ts";

/** ntfy makes an attachment of a longer message. */
const MAX_BYTES = 4_000;
const MAX_TITLE_BYTES = 200;
const HIGH = "4";
const DEFAULT = "3";

/** A topic of ntfy: https://docs.ntfy.sh/publish/ */
export const ntfy: Format = {
  contentType: "text/plain; charset=utf-8",
  render: (message) => {
    const isBad = isAlarm(message);
    const lines = sectionsOf(message, MAX_BYTES - 400).flatMap((section) => {
      const more = moreOf(section);
      return [section.heading, ...section.lines.map((line) => `- ${line}`), ...(more ? [more] : []), ""];
    });
    const text = lines.join("\n").trim();
    return {
      body: truncateUtf8(text === "" ? message.title : text, MAX_BYTES),
      headers: {
        Title: header(truncateUtf8(message.title, MAX_TITLE_BYTES)),
        Priority: isBad ? HIGH : DEFAULT,
        Tags: isBad ? "warning" : "whale",
      },
    };
  },
};

/** A header has only ASCII; ntfy decodes RFC 2047. */
function header(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;
}
