import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DockerFacts } from "../env/docker.ts";
import { writeCommand } from "./commands.ts";
import type { Values } from "./runner/exports.ts";
import { dockerdOf, type MachineFacts } from "./stand-ins/systemctl.ts";

const SYSTEMCTL = fileURLToPath(new URL("stand-ins/systemctl.ts", import.meta.url));

/** What a page decides about its daemon, or must differ between two daemons on one machine. */
const OWN_FLAGS = /^--(config-file|data-root|exec-root|pidfile|host|tls\w*|containerd)(=|$)/;

export interface MachineOptions {
  readonly folder: string;
  readonly port: number;
  /** A running daemon of the same version: the new one takes its programs and its containerd. */
  readonly docker: DockerFacts;
}

/** The Docker machine of a page: a folder, in which the page's commands set up a daemon of its own. */
export class DockerMachine {
  /** The folder in which a login starts. */
  readonly home: string;
  /** Its own programs. */
  readonly bin: string;
  /** What a page's first block on the machine exports. */
  readonly values: Values;
  readonly #facts: MachineFacts;

  private constructor(home: string, bin: string, values: Values, facts: MachineFacts) {
    this.home = home;
    this.bin = bin;
    this.values = values;
    this.#facts = facts;
  }

  static async create({ folder, port, docker }: MachineOptions): Promise<DockerMachine> {
    const path = (...parts: string[]) => join(folder, ...parts);
    const dropIn = path("etc/systemd/system/docker.service.d/tls.conf");
    const daemonJson = path("etc/docker/daemon.json");
    for (const name of ["bin", "home", "etc/docker"]) await mkdir(path(name), { recursive: true });
    const name = `dockerd-${basename(folder)}-${basename(dirname(folder))}`;
    const facts: MachineFacts = {
      dockerd: {
        ...docker.dockerd,
        name,
        args: [
          ...docker.dockerd.args.filter((flag) => !OWN_FLAGS.test(flag)),
          `--data-root=${path("data")}`,
          `--exec-root=${path("exec")}`,
          `--pidfile=${path("dockerd.pid")}`,
          // Apart from what the other daemon keeps in the same containerd.
          `--containerd-namespace=${name}`,
          `--containerd-plugins-namespace=${name}-plugins`,
        ],
      },
      dropIn,
      daemonJson,
      socket: path("docker.sock"),
      containerdSocket: docker.containerdSocket,
    };
    await writeFile(path("machine.json"), JSON.stringify(facts));
    await writeCommand(path("bin", "systemctl"), [process.execPath, SYSTEMCTL, path("machine.json")]);
    const values = {
      CERTS: path("etc/docker/certs"),
      DAEMON_JSON: daemonJson,
      DROP_IN: dropIn,
      LISTEN: `127.0.0.1:${port}`,
    };
    return new DockerMachine(path("home"), path("bin"), values, facts);
  }

  stop(): Promise<void> {
    return dockerdOf(this.#facts, []).stop();
  }
}
