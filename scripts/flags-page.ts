import { controllerFlags } from "../src/cli/flags/controller-flags.ts";
import { type FlagSchema, flagLines } from "../src/cli/flags/flags.ts";
import { runFlags } from "../src/cli/flags/run-flags.ts";
import { cell } from "./markdown.ts";

const INTRODUCTION = `# Flags

Each flag of \`dockerhost controller\` and \`dockerhost run\` can also be set as an environment variable; the flag wins.
An empty variable counts as not set. If a flag or a \`DOCKERHOST_\` variable is unknown or has an invalid value, the
program refuses to start and names it. (It ignores the variables that Kubernetes sets for a Service whose name begins
with \`dockerhost\`.) Generated from \`src/cli/flags/\` by \`npm run generate\`; do not edit.
`;

const NOTES = `### Several controllers

With \`--enable-leader-election\`, any number of controllers can run: one works, and the others keep their caches full and
stand by. After a crash, another one takes over within the lease duration plus 2.2 retry periods (19.4 s by default);
after an orderly shutdown, it takes over at the next attempt. If the leader cannot renew its Lease in time, it exits
immediately with code 1. For a control plane that is sometimes slow, 35s, 30s and 5s are good values. The three must
fulfil: lease duration > renew deadline > 1.2 x retry period.

With \`--watch-label-selector\`, several controllers share a fleet: each processes the DockerHosts with its labels and has
its own Lease, whose name is derived from the text of the selector. Selectors must exclude each other, like \`shard=1\`,
\`shard=2\` and \`shard notin (1,2)\`. Two DockerHosts that reach the same daemon are detected only within a shard.
Controllers that watch different namespaces need Leases in different namespaces (\`--leader-election-namespace\`, by default
the namespace in which they run).

### Secrets

The controller watches only the names and versions of Secrets. It reads the contents when it processes a host, and does
not keep them. Without permission to list and watch Secrets, the controller logs this once, tries again with increasing
delay (up to five minutes), and finds a changed Secret at the host's next \`spec.interval\`. With
\`--watch-secrets=false\`, it does not try.

### Requests to the API server

There is no limit on requests per second like \`--kube-api-qps\` of other controllers. The controller has at most 16
requests in flight, waits as long as the server asks it to (\`Retry-After\`), and relies on the server's API Priority and
Fairness.
`;

/** Renders docs/flags.md: every flag of the commands that run until they are stopped. */
export function flagsPage(): string {
  return [
    INTRODUCTION,
    "## dockerhost controller\n",
    table(controllerFlags),
    NOTES,
    "## dockerhost run\n",
    "In addition to the manifests (`-f`, `--filename`):\
",
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
