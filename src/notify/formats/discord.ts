import { truncate } from "../../common/truncate.ts";
import { isAlarm, moreOf, sectionsOf } from "../words.ts";
import type { Format } from "./format.ts";

/** Discord takes 4,096 characters in a description, and 6,000 in all embeds together. */
const MAX_BYTES = 3_900;
const MAX_TITLE = 256;
const RED = 0xc0392b;
const GREEN = 0x2e7d32;
/** Prevents previews of links. */
const SUPPRESS_EMBEDS_OF_LINKS = { embeds: [], flags: 4 };

/** A webhook of Discord: https://docs.discord.com/developers/resources/webhook */
export const discord: Format = {
  contentType: "application/json; charset=utf-8",
  render: (message) => {
    // A name such as @everyone must not notify anybody.
    const safe = { username: "dockerhost", allowed_mentions: { parse: [] } };
    const title = truncate(escaped(message.title), MAX_TITLE);
    const sections = sectionsOf(message, MAX_BYTES, escaped);
    if (sections.length === 0)
      return { body: JSON.stringify({ ...safe, ...SUPPRESS_EMBEDS_OF_LINKS, content: title }) };
    const lines = sections.flatMap((section) => {
      const more = moreOf(section);
      return [`**${section.heading}**`, ...section.lines.map((line) => `- ${line}`), ...(more ? [`*${more}*`] : [])];
    });
    const color = isAlarm(message) ? RED : GREEN;
    return { body: JSON.stringify({ ...safe, embeds: [{ title, description: lines.join("\n"), color }] }) };
  },
};

/** Discord makes a link of each address with a scheme, also without markup. */
function escaped(text: string): string {
  return text.replace(/[\\`*_~|>#[\]()<]|:(?=\/\/)/g, "\\$&");
}
