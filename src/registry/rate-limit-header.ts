/** How many requests an account may still make, as registries report it with their answers. */
export interface Remaining {
  readonly requests: number;
  /** Milliseconds of the window to which it applies, if the registry reports it. */
  readonly windowMs?: number;
}

/** Reads `ratelimit-remaining` in Docker Hub's form, `87;w=21600`; undefined if it is absent or has another form. */
export function parseRemaining(header: string | readonly string[] | undefined): Remaining | undefined {
  if (typeof header !== "string") return undefined;
  const match = /^\s*(?<requests>\d{1,9})\s*(?:;\s*w=(?<seconds>\d{1,9})\s*)?$/.exec(header)?.groups;
  if (match === undefined) return undefined;
  const requests = Number(match.requests);
  return match.seconds === undefined ? { requests } : { requests, windowMs: Number(match.seconds) * 1_000 };
}
