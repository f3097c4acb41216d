import { ChaosFleet } from "../test/chaos/chaos-fleet.ts";
import { settle } from "../test/chaos/settle.ts";
import { startEnvironment } from "../test/env/environment.ts";
import { LOOPBACK, Program } from "../test/integration/program.ts";

/**
 * Starts simulated hosts, a real API server and a real controller, runs `work` once all hosts are Ready, and stops
 * everything.
 */
export async function withControlledFleet<T>(hosts: number, work: (fleet: ChaosFleet) => Promise<T>): Promise<T> {
  const environment = await startEnvironment({ log: console.error });
  const { kube } = environment;
  let fleet: ChaosFleet | undefined;
  let controller: Program | undefined;
  try {
    await kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
    await kube.untilEstablished("dockerhosts.dockerhost.dev");
    const started = await ChaosFleet.start(kube, hosts);
    fleet = started;
    controller = await Program.controller(kube, started.namespace.name, LOOPBACK);
    const left = await settle(() => started.unsettled(), 30_000 + hosts * 1_000);
    if (left.length > 0) throw new Error(`not all hosts became Ready: ${left.slice(0, 5).join("; ")}`);
    return await work(started);
  } finally {
    await controller?.stop();
    await fleet?.stop();
    await environment.stop();
  }
}
