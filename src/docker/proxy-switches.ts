/** The parts of the Engine API that Tecnativa's socket proxy can allow, with the beginning of their paths. */
const SWITCHES: readonly (readonly [prefix: RegExp, name: string])[] = [
  [/^\/_ping$/, "PING"],
  [/^\/version$/, "VERSION"],
  [/^\/info$/, "INFO"],
  [/^\/containers\//, "CONTAINERS"],
  [/^\/images\//, "IMAGES"],
  [/^\/distribution\//, "DISTRIBUTION"],
];

/** Tecnativa's switch for a path, with or without the version of the API and a query. */
export function switchFor(path: string): string | undefined {
  const bare = path.replace(/\?.*$/, "").replace(/^\/v[0-9.]+(?=\/)/, "");
  return SWITCHES.find(([prefix]) => prefix.test(bare))?.[1];
}
