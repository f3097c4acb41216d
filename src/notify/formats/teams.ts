import { isAlarm, moreOf, sectionsOf } from "../words.ts";
import type { Format } from "./format.ts";

/** Teams takes 28 KB. JSON and the card around each line need most of the difference. */
const MAX_BYTES = 9_000;

/**
 * A card for the Workflows of Teams, with the trigger "When a Teams webhook request is received". Its texts are runs, in which
 * markup has no effect: https://adaptivecards.io/explorer/TextRun.html
 */
export const teams: Format = {
  contentType: "application/json; charset=utf-8",
  render: (message) => {
    const isBad = isAlarm(message);
    const title = { text: message.title, size: "Large", weight: "Bolder", color: isBad ? "Attention" : "Default" };
    const body = [
      block(title),
      ...sectionsOf(message, MAX_BYTES).flatMap((section) => {
        const more = moreOf(section);
        return [
          { ...block({ text: section.heading, weight: "Bolder" }), spacing: "Medium" },
          ...section.lines.map((text) => ({ ...block({ text }), spacing: "Small" })),
          ...(more === undefined ? [] : [block({ text: more, isSubtle: true })]),
        ];
      }),
    ];
    const content = {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      msteams: { width: "Full" },
      fallbackText: message.title,
      body,
    };
    const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
    return { body: JSON.stringify({ type: "message", attachments: [attachment] }) };
  },
};

function block(run: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", ...run }] };
}
