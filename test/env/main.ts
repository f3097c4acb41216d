import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { EnvironmentUnavailable } from "./binaries/missing.ts";
import { seconds } from "./binaries/timed.ts";
import { setUpBinaries } from "./binaries.ts";
import { type Environment, startEnvironment } from "./environment.ts";

const USAGE = `Usage: node test/env/main.ts [--start]

Sets up the programs of the servers that the integration tests run on.

  --start  also starts the servers, and keeps them until Ctrl-C
  --help   shows this text
`;

const log = (line: string) => console.error(line);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { start: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const started = performance.now();
  if (values.start) {
    const environment = await startEnvironment({ log });
    console.log(howToUse(environment));
    // The servers' own handlers clear everything on Ctrl-C; this only keeps the process alive until then.
    setInterval(() => {}, 2 ** 30);
  } else {
    await setUpBinaries({ log, environment: process.env });
    log(`ready after ${seconds(performance.now() - started)}`);
  }
}

function howToUse({ kube, dockers, registry }: Environment): string {
  const dockerLines = Object.entries(dockers).map(
    ([name, { facts }]) =>
      `Docker (${name}): export DOCKER_HOST=${facts.host} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${facts.certPath}`,
  );
  return [
    `Kubernetes: export KUBECONFIG=${kube.facts.kubeconfig} PATH=${dirname(kube.facts.kubectl)}:$PATH`,
    ...dockerLines,
    `Registry: ${registry.facts.host}, with the authority ${registry.facts.caFile}`,
    `Logs: ${dockers.old.facts.dockerd.runFolder}/*.log`,
    "Ctrl-C stops everything.",
  ].join("\n");
}

try {
  await main();
} catch (error) {
  if (!(error instanceof EnvironmentUnavailable)) throw error;
  log(error.message);
  process.exitCode = 1;
}
