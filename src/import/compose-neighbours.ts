import * as z from "zod";
import type { ComposeProject } from "./compose-project.ts";
import type { ComposeService } from "./compose-service.ts";

const Texts = z
  .union([z.array(z.string()), z.record(z.string(), z.unknown())])
  .optional()
  .catch(undefined);
const Named = z.object({
  container_name: z.string().optional().catch(undefined),
  hostname: z.string().optional().catch(undefined),
  links: Texts,
  external_links: Texts,
  extra_hosts: Texts,
  networks: z
    .record(z.string(), z.object({ aliases: z.array(z.string()).optional() }).nullish())
    .optional()
    .catch(undefined),
});

/** Lists the names that only Watchtower's container can resolve, in lower case, with their meaning. */
export function neighboursOf(projects: readonly ComposeProject[], own: ComposeService): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { files } of projects) {
    for (const { services } of files) {
      for (const [service, definition] of Object.entries(services)) {
        const what = `the service ${JSON.stringify(service)} of the same Compose file`;
        const read = Named.safeParse(definition).data;
        const aliases = Object.values(read?.networks ?? {}).flatMap((network) => network?.aliases ?? []);
        for (const name of [service, read?.container_name, read?.hostname, ...aliases]) {
          if (name !== undefined) names.set(name.toLowerCase(), what);
        }
        if (service === own.name) addOwn(read, names);
      }
    }
  }
  return names;
}

/** Adds the names that only this service knows: links, and entries of its /etc/hosts. */
function addOwn(read: z.output<typeof Named> | undefined, names: Map<string, string>): void {
  for (const link of [...listOf(read?.links), ...listOf(read?.external_links)]) {
    names.set(
      (link.split(":")[1] ?? link).toLowerCase(),
      `a link to the container ${JSON.stringify(link.split(":")[0])}`,
    );
  }
  for (const entry of listOf(read?.extra_hosts)) {
    const name = entry.split(/[:=]/)[0] ?? "";
    names.set(name.toLowerCase(), `an entry of the service's extra_hosts (${entry})`);
  }
}

/** Returns the entries of a list, or those of a map as `NAME:VALUE`. */
function listOf(given: z.output<typeof Texts>): readonly string[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : Object.entries(given).map(([name, value]) => `${name}:${String(value)}`);
}
