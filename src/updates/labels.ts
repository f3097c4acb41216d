import { foreignText } from "../common/foreign-text.ts";
import { SWARM_LABELS } from "./swarm.ts";

/** What the labels of a container mean for the check. Each of our labels overrides the matching one of Watchtower. */
export interface CheckLabels {
  /** `true`: check it even if only labelled containers are checked; `false`: do not check it. */
  readonly enable?: Label<boolean>;
  /** Never empty, nor `none`. */
  readonly scope?: Label<string>;
  /** `true`: do not ask a registry. */
  readonly noPull?: Label<boolean>;
}

export interface Label<T> {
  readonly value: T;
  /** The label as the container has it: `dockerhost.dev/enable=false`. */
  readonly text: string;
}

const OURS = "dockerhost.dev/";
const WATCHTOWER = "com.centurylinklabs.watchtower.";

const READ = new Set([
  ...[OURS, WATCHTOWER].flatMap((prefix) => ["enable", "scope", "no-pull"].map((name) => prefix + name)),
  ...SWARM_LABELS,
]);

/** Whether the check reads this label; no other label changes its result. */
export function concernsCheck(label: string): boolean {
  return READ.has(label);
}

export function readLabels(labels: Readonly<Record<string, string>>): CheckLabels {
  const enable = first(labels, "enable", readBoolean);
  const scope = first(labels, "scope", (value) => (isScope(value) ? value : undefined));
  const noPull = first(labels, "no-pull", readBoolean);
  return {
    ...(enable !== undefined && { enable }),
    ...(scope !== undefined && { scope }),
    ...(noPull !== undefined && { noPull }),
  };
}

/** Unset, empty and `none` mean the same scope, as in Watchtower. */
export function isScope(value: string): boolean {
  return value !== "" && value !== "none";
}

/** A value without a meaning is ignored. */
function first<T>(
  labels: Readonly<Record<string, string>>,
  name: string,
  read: (value: string) => T | undefined,
): Label<T> | undefined {
  for (const label of [OURS + name, WATCHTOWER + name]) {
    const text = Object.hasOwn(labels, label) ? labels[label] : undefined;
    const value = text === undefined ? undefined : read(text);
    if (value !== undefined) return { value, text: `${label}=${foreignText(text ?? "", 64)}` };
  }
  return undefined;
}

/** Parses booleans as Go, and therefore Watchtower, does. */
function readBoolean(value: string): boolean | undefined {
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return true;
  return /^(0|f|F|FALSE|false|False)$/.test(value) ? false : undefined;
}
