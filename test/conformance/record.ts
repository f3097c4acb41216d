/**
 * Records how a docker client answers every row of the table, and writes the differences into README.md.
 *
 *   npx node test/conformance/record.ts [--docker PATH]
 *
 * Without --docker it records the test environment's own client.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "../env/binaries/run-command.ts";
import { startEnvironment } from "../env/environment.ts";
import { differencesTable } from "./differences.ts";
import { askDocker } from "./docker-client.ts";
import { startListener } from "./listeners.ts";
import { type RecordedAnswer, recordingFile } from "./recordings.ts";
import { conformanceTable } from "./table.ts";

const { values } = parseArgs({ options: { docker: { type: "string" } } });
const environment = await startEnvironment({ log: (line) => console.error(line) });
try {
  const { dockers } = environment.facts;
  const program = values.docker ?? dockers.new.docker;
  const client = await clientVersion(program);
  const rows: Record<string, RecordedAnswer> = {};
  const table = Object.values(await conformanceTable(dockers)).flat();
  for (const row of table) {
    const listener = await startListener(row.listener, dockers);
    try {
      rows[row.what] = { client, ...(await askDocker(program, row, listener)) };
    } finally {
      await listener.close();
    }
  }
  const readme = join(import.meta.dirname, "README.md");
  const before = await readFile(readme, "utf8");
  await writeFile(
    readme,
    before.replace(/^\| row \|(.*\n)*/m, () => differencesTable(table)),
  );
  await writeFile(recordingFile(client), `${JSON.stringify({ client, rows }, null, 2)}\n`);
  console.error(`recorded docker ${client}: ${Object.keys(rows).length} rows`);
} finally {
  await environment.stop();
}

async function clientVersion(program: string): Promise<string> {
  const version = /^Docker version ([0-9.]+)/.exec(await run(program, ["--version"]))?.[1];
  if (version === undefined) throw new Error(`${program} did not print the version of a docker client`);
  return version;
}
