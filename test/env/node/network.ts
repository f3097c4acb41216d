import { randomInt } from "node:crypto";
import { networkInterfaces } from "node:os";
import { run } from "../binaries/run-command.ts";
import { bridgeOf } from "../processes/leftovers.ts";

/** A network of only this machine: pods reach the machine at its address and each other, and nothing else. */
export interface PodNetwork {
  /** Of this machine. */
  readonly address: string;
  readonly subnet: string;
  readonly bridge: string;
}

/** Makes the bridge of a run; clearRunFolder takes it away. */
export async function addPodNetwork(runFolder: string): Promise<PodNetwork> {
  const prefix = unusedPrefix();
  const network = { address: `${prefix}.1`, subnet: `${prefix}.0/24`, bridge: bridgeOf(runFolder) };
  await run("ip", ["link", "add", network.bridge, "type", "bridge"]);
  await run("ip", ["address", "add", `${network.address}/24`, "dev", network.bridge]);
  await run("ip", ["link", "set", network.bridge, "up"]);
  return network;
}

/** Several runs may be under way. */
function unusedPrefix(): string {
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address));
  for (;;) {
    const prefix = `10.88.${randomInt(256)}`;
    if (!taken.some((address) => address?.startsWith(`${prefix}.`))) return prefix;
  }
}

/** For containerd, in the format of the Container Network Interface. There is no default route. */
export function networkConfiguration({ address, subnet, bridge }: PodNetwork, dataDir: string): object {
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet, gateway: address }]] };
  return { cniVersion: "1.0.0", name: bridge, plugins: [{ type: "bridge", bridge, ipam }] };
}
