/** Each of our labels takes precedence over Watchtower's label for the same purpose. */
const PREFIXES = ["dockerhost.dev/lifecycle.", "com.centurylinklabs.watchtower.lifecycle."];

const HOOKS = ["pre-update", "post-update"] as const;
export type HookName = (typeof HOOKS)[number];
export type Labels = Readonly<Record<string, string>>;

/** The hooks for which these labels have a command. */
export function hooksIn(labels: Labels): readonly HookName[] {
  return HOOKS.filter((hook) => (labelOf(labels, hook) ?? "") !== "");
}

/** The value of the lifecycle label with this name. */
export function labelOf(labels: Labels, name: string): string | undefined {
  return PREFIXES.map((prefix) => labels[prefix + name]).find((value) => value !== undefined);
}
