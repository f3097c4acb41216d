import { controllerFlags } from "../src/cli/flags/controller-flags.ts";
import { type FlagSchema, flagLines } from "../src/cli/flags/flags.ts";
import { runFlags } from "../src/cli/flags/run-flags.ts";
import { cell } from "./markdown.ts";

const INTRODUCTION = `# Flags

Each flag of \`dockerhost controller\` and \`dockerhost run\` can also be given as an environment variable; the flag wins.
An empty variable counts as not given. A flag or a \`DOCKERHOST_\` variable that is unknown, or whose value cannot be taken,
ends the program at its start with a message that names it. (Variables that Kubernetes sets for a Service whose name begins
with \`dockerhost\` are passed over.) Generated from \`src/cli/flags/\` by \`npm run generate\`; do not edit.
`;

const NOTES = `### Several controllers

With \`--enable-leader-election\` any number of controllers may run: one works, the others follow along with full caches and
take over. After a crash that is within the lease duration and 2.2 retry periods (19.4 s by default), after an orderly end
with the next try. The leader ends at once, with code 1, when it cannot renew its Lease in time. On a control plane that is
slow at times, 35s, 30s and 5s are good values. The three must fit: lease duration > renew deadline > 1.2 x retry period.

With \`--watch-label-selector\` several controllers share a fleet: each works on the DockerHosts with its labels, and has a
Lease of its own, whose name is made from the selector as it is written. Selectors must exclude each other, as \`shard=1\`, \`shard=2\` and
\`shard notin (1,2)\` do. That two DockerHosts reach one daemon is noticed only within one shard. Controllers that watch
different namespaces need Leases in different namespaces (\`--leader-election-namespace\`, by default the one they run in).

### Secrets

Names and versions of Secrets are watched, never what they hold; that is read when a host is looked at, and not kept. Where
the right to list and watch them is not granted, the controller says so once in its log, asks again ever less often (at last
every five minutes), and finds a changed Secret at the host's next \`spec.interval\`; \`--watch-secrets=false\` makes it not
even ask.

### Requests to the API server

There is no limit on requests per second as \`--kube-api-qps\` sets one elsewhere: the controller has at most 16 requests
under way, waits as long as the server says (\`Retry-After\`), and leaves it to the server's API Priority and Fairness to
share itself out.
`;

/** docs/flags.md: every flag of the commands that go on until they are stopped. */
export function flagsPage(): string {
  return [
    INTRODUCTION,
    "## dockerhost controller\n",
    table(controllerFlags),
    NOTES,
    "## dockerhost run\n",
    "Beside the manifests (`-f`, `--filename`):\n",
    table(runFlags),
  ].join("\n");
}

function table(schema: FlagSchema): string {
  const rows = flagLines(schema).map(
    ({ flag, variable, placeholder, isSwitch, defaultText, defaultWords, description }) => {
      const value = isSwitch === true ? "[boolean]" : placeholder;
      const byDefault = defaultText === undefined ? (defaultWords ?? "") : `\`${defaultText}\``;
      return `| \`${flag} ${value}\` | \`${variable}\` | ${[byDefault, description].map(cell).join(" | ")} |`;
    },
  );
  return ["| flag | variable | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}
