import { SCRIPT_PATH, STYLE_PATH } from "./assets.ts";
import { type Html, html } from "./html.ts";

export interface Layout {
  readonly title: string;
  /** The path of the menu entry to mark as current. */
  readonly current: string;
  readonly content: Html;
  /** Whether there is something to see on the page about updates. */
  readonly hasUpdates: boolean;
  /** Identifies the state of the fleet that is shown. */
  readonly version: string;
}

const MENU = [
  ["/", "Fleet"],
  ["/images", "Images"],
  ["/certificates", "Certificates"],
] as const;

/** A whole page. What is in the element `live` is replaced when something changes. */
export function layout({ title, current, content, version, hasUpdates }: Layout): string {
  const menu = [...MENU, ...(hasUpdates ? ([["/updates", "Updates"]] as const) : [])].map(
    ([path, word]) => html`<li><a href="${path}"${current === path ? html` aria-current="page"` : ""}>${word}</a></li>`,
  );
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · dockerhost</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${STYLE_PATH}">
<script src="${SCRIPT_PATH}" defer></script>
</head>
<body>
<a class="skip" href="#live">Skip to the content</a>
<header class="top"><a class="brand" href="/">dockerhost</a>
<nav aria-label="Pages"><ul>${menu}</ul></nav>
<p id="connection" role="status"><noscript>Reload to see changes</noscript></p></header>
<main id="live" tabindex="-1" data-version="${version}">
${content}
</main>
</body>
</html>
`.text;
}
