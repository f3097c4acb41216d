import { run } from "../../env/binaries/run-command.ts";
import type { Docker } from "../../env/docker.ts";
import { bridgeOf } from "../../env/processes/leftovers.ts";
import { SecondDocker } from "./second-docker.ts";

/** A daemon with a default network, which those that all tests share lack: their containers would all be on it. */
export class BridgedDocker extends SecondDocker {
  static async startOn(docker: Docker, key: string, address: string): Promise<BridgedDocker> {
    const facts = SecondDocker.factsOf(docker, `bridged-${key}`);
    const bridge = `${bridgeOf(facts.dockerd.runFolder)}-${key}`;
    await run("ip", ["link", "add", bridge, "type", "bridge"]);
    await run("ip", ["address", "add", address, "dev", bridge]);
    await run("ip", ["link", "set", bridge, "up"]);
    const args = facts.dockerd.args.map((flag) => (flag === "--bridge=none" ? `--bridge=${bridge}` : flag));
    const bridged = new BridgedDocker({ ...facts, dockerd: { ...facts.dockerd, args } });
    await bridged.begin();
    return bridged;
  }
}
