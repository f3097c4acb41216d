/**
 * `npm run demo [-- --once]`: shows the main job of the program without a cluster and without Docker. It runs the
 * product's own reconcilers on its file adapter; only the machines are simulated.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import type { ContainerUpdateObject } from "../src/api/container-update.ts";
import { changeLines } from "../src/cli/change-lines.ts";
import { coloured, conditionLines, type Paint, plain } from "../src/cli/condition-lines.ts";
import { type CliContext, DEFAULT_COLUMNS, terminalWidth, wantsColour } from "../src/cli/context.ts";
import { hostLines } from "../src/cli/host-lines.ts";
import { onePass } from "../src/cli/one-pass.ts";
import { startPage } from "../src/cli/page-endpoint.ts";
import { processContext } from "../src/cli/process-context.ts";
import { createReconcilers } from "../src/cli/reconcilers.ts";
import { updateLines } from "../src/cli/update-lines.ts";
import { wrap } from "../src/cli/wrap.ts";
import { openGuard } from "../src/common/dial-guard.ts";
import { silentLogger } from "../src/common/logger.ts";
import { DEFAULT_SOCKET } from "../src/docker/endpoint.ts";
import { Fleet } from "../src/dockerhost/fleet.ts";
import { FileResources } from "../src/files/file-resources.ts";
import { FolderWatch } from "../src/files/folder-watch.ts";
import { Store } from "../src/runtime/store.ts";
import { byUrgency } from "../src/views/sort-order.ts";
import { exampleUpdates } from "./example-updates.ts";
import { startDemoFleet } from "./simulated-fleet.ts";

const { once } = flags();
const context = processContext();
const paint = wantsColour(context, context.stdout) ? coloured : plain;
const folder = await mkdtemp(join(tmpdir(), "dockerhost-demo-"));
const simulated = await startDemoFleet(context.clock.now());
try {
  const manifests = { ...simulated.manifests, ...ownSocket() };
  for (const [name, text] of Object.entries(manifests)) await writeFile(join(folder, name), text, { mode: 0o600 });
  await demonstrate(context, folder, paint, once);
} finally {
  await simulated.close();
  await rm(folder, { recursive: true, force: true });
}

async function demonstrate(context: CliContext, folder: string, paint: Paint, once: boolean): Promise<void> {
  const { clock, random, signal, stdout } = context;
  const print = (lines: readonly string[]) => stdout.write(`${lines.join("\n")}\n`);
  const width = terminalWidth(stdout) ?? DEFAULT_COLUMNS;
  let fleet: Fleet | undefined;
  const resources = new FileResources({ clock, onSecretChange: (key) => fleet?.secretChanged(key) });
  const onRemarks = () =>
    print(
      [...watch.problems, ...watch.notes].flatMap(({ source, message }) =>
        wrap(`${source}: ${message}`, width).map((line) => paint("yellow", line)),
      ),
    );
  const watch = new FolderWatch({ paths: [folder], resources, clock, logger: silentLogger, onRemarks });
  await watch.refresh();
  using reconcilers = createReconcilers(resources, clock, random, { guard: openGuard(), requireTls: false });
  const banner = "SIMULATED FLEET: the hosts named sim-* are servers of this demo, with real mutual TLS on loopback.";
  print([
    ...wrap(banner, width).map((line) => paint("bold", line)),
    ...(resources.getHost("demo/this-machine") === undefined
      ? []
      : wrap("this-machine is real: the Docker daemon behind the local socket.", width)),
    "",
  ]);
  await onePass(resources, reconcilers, signal, (_key, error) => {
    throw error;
  });
  const hosts = byUrgency(resources.hosts.list());
  const fit = { now: clock.now(), paint, width };
  print([...hostLines(hosts, { ...fit, wide: false }), ...updateLines(hosts, fit), ""]);
  // One host that fails shows what the conditions look like; those of all would fill several screens.
  const [failing] = hosts;
  if (failing !== undefined) print([...conditionLines(failing, paint, width), ""]);
  if (once) return;

  const updates = new Store<ContainerUpdateObject>();
  updates.replace(exampleUpdates(resources.getHost("demo/sim-healthy"), clock.now()));
  const served = { hosts: resources.hosts, updates, clock, random, logger: silentLogger };
  await using page = await startPage({ host: "127.0.0.1", port: 0 }, served);
  print(wrap(`The page about this fleet is at ${page.url} (the updates that it lists are examples)`, width));
  print(wrap(`Live: edit the manifests in ${folder} and watch what changes. Press Ctrl-C to quit.`, width));
  resources.hosts.subscribe((change) => {
    const lines = changeLines(change, clock.now());
    if (lines.length > 0) print(lines.flatMap((line) => wrap(line, width)));
  });
  fleet = new Fleet({
    hosts: resources.hosts,
    ...reconcilers,
    clock,
    random,
    logger: silentLogger,
    isStarting: () => false,
  });
  await Promise.all([watch.run(signal), ...fleet.controllers.map((controller) => controller.run(signal))]);
}

function flags(): { readonly once: boolean } {
  try {
    return parseArgs({ options: { once: { type: "boolean", default: false } } }).values;
  } catch {
    // The only possible error is an argument that is not among the options.
    process.stderr.write("usage: npm run demo [-- --once]\n");
    process.exit(2);
  }
}

/** Adds the machine's own Docker daemon if there is one. */
function ownSocket(): Readonly<Record<string, string>> {
  if (!existsSync(DEFAULT_SOCKET)) return {};
  const host = {
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name: "this-machine", namespace: "demo" },
    spec: { host: `unix://${DEFAULT_SOCKET}` },
  };
  return { "this-machine.yaml": stringify(host) };
}
