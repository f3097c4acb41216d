import { cloudEvents } from "./cloud-events.ts";
import { discord } from "./discord.ts";
import type { Format } from "./format.ts";
import { ntfy } from "./ntfy.ts";
import { slack } from "./slack.ts";
import { teams } from "./teams.ts";

export const FORMAT_NAMES = ["cloudevents", "slack", "discord", "teams", "ntfy"] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

export const FORMATS: Readonly<Record<FormatName, Format>> = { cloudevents: cloudEvents, slack, discord, teams, ntfy };
