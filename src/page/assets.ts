import { createHash } from "node:crypto";
import { ICON } from "./icon.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

export interface Asset {
  readonly type: string;
  readonly text: string;
  /** Whether the path changes with the content, so that a browser never has to ask again. */
  readonly isImmutable: boolean;
}

const hashed = (name: string, ending: string, text: string) =>
  `/${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}.${ending}`;

export const STYLE_PATH = hashed("page", "css", STYLE);
export const SCRIPT_PATH = hashed("page", "js", SCRIPT);

/** What pages load, by path. Nothing comes from another server. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  [STYLE_PATH, { type: "text/css; charset=utf-8", text: STYLE, isImmutable: true }],
  [SCRIPT_PATH, { type: "text/javascript; charset=utf-8", text: SCRIPT, isImmutable: true }],
  ["/icon.svg", { type: "image/svg+xml", text: ICON, isImmutable: false }],
]);
