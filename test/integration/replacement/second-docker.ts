import { join } from "node:path";
import { containerdServer, Docker, type DockerFacts } from "../../env/docker.ts";

/** What must differ between two daemons on one machine, and what only a network needs. */
const OWN_FLAGS = /^--(data-root|exec-root|pidfile|host|tls\w*|containerd)(=|$)/;

/** A second daemon of the same version, with images and containers of its own. It listens only on a socket. */
export class SecondDocker extends Docker {
  /** Its folder is in that of the first one. */
  static factsOf({ facts }: Docker, name: string, data = "data"): DockerFacts {
    const folder = join(facts.dockerd.runFolder, name);
    const path = (...parts: string[]) => join(folder, ...parts);
    const containerdSocket = path("containerd.sock");
    const containerd = {
      ...facts.containerd,
      name: `containerd-${name}`,
      args: [
        ...facts.containerd.args.filter((flag) => !/^--(root|state|address)=/.test(flag)),
        `--root=${path(data, "containerd")}`,
        `--state=${path("containerd-state")}`,
        `--address=${containerdSocket}`,
      ],
    };
    const dockerd = {
      ...facts.dockerd,
      name: `dockerd-${name}`,
      args: [
        ...facts.dockerd.args.filter((flag) => !OWN_FLAGS.test(flag)),
        `--data-root=${path(data, "docker")}`,
        `--exec-root=${path("exec")}`,
        `--pidfile=${path("dockerd.pid")}`,
        `--host=unix://${path("docker.sock")}`,
        `--containerd=${containerdSocket}`,
      ],
    };
    return { ...facts, containerd, dockerd, containerdSocket, socket: path("docker.sock") };
  }

  async begin(): Promise<void> {
    await containerdServer(this.facts).start();
    await this.start();
  }

  async end(): Promise<void> {
    await this.stop();
    await containerdServer(this.facts).stop();
  }
}
