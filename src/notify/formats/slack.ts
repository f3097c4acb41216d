import { truncate } from "../../common/truncate.ts";
import { moreOf, type Section, sectionsOf } from "../words.ts";
import type { Format } from "./format.ts";

/** Slack takes at most 3,000 characters in a section, which also needs the number of the other changes, and 150 in a header. */
const MAX_SECTION = 2_900;
const MAX_HEADER = 150;
const MAX_BYTES = 12_000;

/** An incoming webhook of Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/ */
export const slack: Format = {
  contentType: "application/json; charset=utf-8",
  render: (message) => ({
    body: JSON.stringify({
      text: escaped(message.title),
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        { type: "header", text: { type: "plain_text", text: truncate(message.title, MAX_HEADER), emoji: false } },
        ...sectionsOf(message, MAX_BYTES, escaped).map((section) => ({
          type: "section",
          text: { type: "mrkdwn", text: textOf(section), verbatim: true },
        })),
      ],
    }),
  }),
};

function textOf(section: Section): string {
  let text = `*${section.heading}*`;
  let shown = 0;
  for (const line of section.lines.map((each) => `\n• ${each}`)) {
    // Never cut a line: half of an escape would be shown as it is.
    if (text.length + line.length > MAX_SECTION) break;
    text += line;
    shown++;
  }
  const more = moreOf({ more: section.more + section.lines.length - shown });
  return more === undefined ? text : `${text}\n_${more}_`;
}

/** Without these three characters, a text cannot mention anybody or contain a link. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
