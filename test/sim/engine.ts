/** What a simulated daemon says about itself. */
export interface Engine {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Highest version of the API, e.g. `1.52`. */
  readonly apiVersion: string;
  readonly minAPIVersion: string;
  readonly os: string;
  /** As Go names it: `amd64`. */
  readonly arch: string;
}

export const DEFAULT_ENGINE: Engine = {
  id: "0a3c7b9e-6f1d-4c58-9d2a-5b7e8f901234",
  name: "sim",
  version: "29.0.0",
  apiVersion: "1.52",
  minAPIVersion: "1.44",
  os: "linux",
  arch: "amd64",
};

/** Headers of every answer of a route, also when it refuses the version of the API. */
export function engineHeaders(engine: Engine): Readonly<Record<string, string>> {
  return {
    "Api-Version": engine.apiVersion,
    Ostype: engine.os,
    Server: `Docker/${engine.version} (${engine.os})`,
  };
}

/** The daemon's own words when it does not speak this version of the API; undefined when it does. */
export function versionRefusal(engine: Engine, version: string): string | undefined {
  if (apiBefore(version, engine.minAPIVersion)) {
    return `client version ${version} is too old. Minimum supported API version is ${engine.minAPIVersion}, please upgrade your client to a newer version`;
  }
  if (apiBefore(engine.apiVersion, version)) {
    return `client version ${version} is too new. Maximum supported API version is ${engine.apiVersion}`;
  }
  return undefined;
}

/** Whether version `a` of the API is older than `b`. */
export function apiBefore(a: string, b: string): boolean {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB);
}
