/** The parts of the Engine API that Tecnativa's socket proxy can allow, with the beginning of their paths. */
const SWITCHES: readonly (readonly [prefix: RegExp, name: string])[] = [
  [/^\/_ping$/, "PING"],
  [/^\/version$/, "VERSION"],
  [/^\/info$/, "INFO"],
  [/^\/containers\//, "CONTAINERS"],
  [/^\/images\//, "IMAGES"],
  [/^\/distribution\//, "DISTRIBUTION"],
  [/^\/networks\//, "NETWORKS"],
  [/^\/exec\//, "EXEC"],
];

/** Tecnativa's switches for a request, whose path may have the version of the API and a query; empty if it has none. */
export function switchesFor(path: string, method = "GET"): readonly string[] {
  const bare = path.replace(/\?.*$/, "").replace(/^\/v[0-9.]+(?=\/)/, "");
  const name = SWITCHES.find(([prefix]) => prefix.test(bare))?.[1];
  if (name === undefined) return [];
  return method === "GET" || method === "HEAD" ? [name] : [name, "POST"];
}
