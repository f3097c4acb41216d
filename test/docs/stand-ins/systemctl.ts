/**
 * Plays systemd on the Docker machine of a page's test: `systemctl restart docker` starts the real dockerd as the
 * page's drop-in says, with the page's daemon.json. Only what would touch the machine that runs the tests is added or
 * replaced: folders, cgroups and networks, the activation socket, and the containerd.
 *
 *   node systemctl.ts MACHINE.json restart docker
 */
import { readFile } from "node:fs/promises";
import { answersOk } from "../../env/processes/probe.ts";
import { Server, type ServerFacts } from "../../env/processes/server.ts";

export interface MachineFacts {
  /** How to start dockerd, without what the page decides. */
  readonly dockerd: ServerFacts;
  readonly dropIn: string;
  readonly daemonJson: string;
  /** What systemd listens on and hands over as `fd://`. */
  readonly socket: string;
  readonly containerdSocket: string;
}

/** The machine's dockerd, to be started or stopped. */
export function dockerdOf(facts: MachineFacts, args: readonly string[]): Server {
  const server = { ...facts.dockerd, args: [...facts.dockerd.args, ...args] };
  return new Server(server, () => answersOk("http://docker/_ping", { socketPath: facts.socket }));
}

/** The command of a unit's drop-in, in which an empty assignment takes back those before it. */
export function commandOf(dropIn: string): string[] {
  const commands = dropIn.split("\n").flatMap((line) => /^ExecStart=(.*)$/.exec(line)?.[1] ?? []);
  const [reset, command, ...more] = commands;
  if (reset !== "" || command === undefined || more.length > 0) {
    throw new Error("docker.service: Service has more than one ExecStart= setting, which is only allowed for oneshot");
  }
  return command.split(" ");
}

async function restart(facts: MachineFacts): Promise<void> {
  const [program, ...flags] = commandOf(await readFile(facts.dropIn, "utf8"));
  if (program !== "/usr/bin/dockerd") throw new Error(`docker.service: there is no ${program}`);
  const args = flags.map((flag) => {
    if (flag === "fd://") return `unix://${facts.socket}`;
    return flag.startsWith("--containerd=") ? `--containerd=${facts.containerdSocket}` : flag;
  });
  const dockerd = dockerdOf(facts, [`--config-file=${facts.daemonJson}`, ...args]);
  await dockerd.stop();
  await dockerd.start();
}

if (import.meta.main) {
  const [path = "", ...args] = process.argv.slice(2);
  const command = args.join(" ");
  if (command === "restart docker") await restart(JSON.parse(await readFile(path, "utf8")));
  else if (command !== "daemon-reload") throw new Error(`systemctl ${command} is not played here`);
}
