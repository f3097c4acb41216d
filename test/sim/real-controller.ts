import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { kubeconfig } from "../env/kube.ts";
import { LOOPBACK, Program, type ProgramOptions } from "../integration/program.ts";
import type { FakeApiServer } from "../support/fake-api-server.ts";
import { temporaryFolder } from "../support/temp-folder.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const ADDRESSES = ["--health-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];

/** The real controller in its own process, on a simulated API server. It ends with the test. */
export async function startRealController(server: FakeApiServer, options: ProgramOptions = {}): Promise<Program> {
  const path = join(await temporaryFolder(), "kubeconfig");
  await writeFile(path, kubeconfig(server.cluster.server, "", ""), { mode: 0o600 });
  const args = ["controller", "--kubeconfig", path, "--watch-namespaces", "fleet", ...LOOPBACK, ...ADDRESSES];
  const program = Program.start(args, { ...options, node: [...(options.node ?? []), MAIN] });
  onTestFinished(async () => {
    await program.stop();
  });
  await program.says("Starting the workers");
  return program;
}
