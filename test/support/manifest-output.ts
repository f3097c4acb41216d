import { parseSpec } from "../../src/api/docker-host.ts";
import { readManifests } from "../../src/files/manifests.ts";
import { type CliOptions, runCli } from "./cli.ts";

/** What `dockerhost manifest ...` printed, read as `dockerhost check -f -` reads it. */
export async function runManifest(args: readonly string[], options: CliOptions = {}) {
  const { code, stdout, stderr } = await runCli(["manifest", ...args], options);
  const read = readManifests(stdout);
  if (!read.ok) throw new Error(read.failure.join("; "));
  const { objects: hosts, secrets } = read.value;
  for (const { spec } of hosts) {
    const parsed = parseSpec(spec);
    if (!parsed.ok) throw new Error(parsed.failure.message);
  }
  return { code, stdout, stderr, hosts, secrets, spec: hosts[0]?.spec, entries: secrets[0]?.entries };
}
