import { rm } from "node:fs/promises";
import { run } from "./binaries/run-command.ts";
import { accepts, answersOk } from "./processes/probe.ts";
import { Server, type ServerFacts } from "./processes/server.ts";

/** Certificates as PEM, under the file names that Docker knows. */
export interface ClientCertificates {
  readonly "ca.pem": string;
  readonly "cert.pem": string;
  readonly "key.pem": string;
}

export interface DockerFacts {
  readonly dockerd: ServerFacts;
  readonly containerd: ServerFacts;
  readonly containerdSocket: string;
  /** `tcp://127.0.0.1:PORT` where nothing else was asked for, served over mutual TLS. */
  readonly host: string;
  readonly client: ClientCertificates;
  /** PEM; of the authority in `ca.pem`, for tests that issue what it would not. */
  readonly authorityKey: string;
  /** A folder that holds them as files, for DOCKER_CERT_PATH. */
  readonly certPath: string;
  /** The Unix socket of the same daemon. */
  readonly socket: string;
  /** Path of the Docker command line. */
  readonly docker: string;
  /** Path of a tar archive with busybox as its only file. */
  readonly rootfs: string;
}

export interface ContainerOptions {
  /** At least two characters. */
  readonly name: string;
  readonly image: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of an image that has several; `linux/arm64`. */
  readonly platform?: string;
}

/** A Docker daemon; its containers come back when it is started again. */
export class Docker {
  readonly facts: DockerFacts;
  readonly server: Server;

  constructor(facts: DockerFacts) {
    this.facts = facts;
    this.server = new Server(facts.dockerd, () => answersOk("http://docker/_ping", { socketPath: facts.socket }));
  }

  /** Starts it, at the same address each time, and waits until it serves. */
  start(): Promise<void> {
    return this.server.start();
  }

  /** Stops the daemon and its containers. */
  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Kills only the daemon, and starts it again. */
  async crash(): Promise<void> {
    await this.server.kill();
    // It would not start if another process had got its number meanwhile.
    const pidFile = this.facts.dockerd.args.find((arg) => arg.startsWith("--pidfile="));
    if (pidFile !== undefined) await rm(pidFile.slice("--pidfile=".length), { force: true });
    await this.start();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Runs the Docker command line on the daemon's socket; throws CommandFailed with its words when it fails. */
  cli(args: readonly string[]): Promise<string> {
    const { docker, socket, dockerd } = this.facts;
    // The user's own contexts and logins stay out of it.
    const env = { PATH: process.env.PATH, HOME: dockerd.runFolder, DOCKER_HOST: `unix://${socket}` };
    return run(docker, args, { env });
  }

  /** Makes a new image, another id and digest with each call, whose containers idle; whatever it says to be for. */
  async importImage(reference: string, platform?: string): Promise<void> {
    const command = 'CMD ["/bin/busybox", "sleep", "infinity"]';
    const flags = platform === undefined ? [] : [`--platform=${platform}`];
    await this.cli(["import", ...flags, "--change", command, this.facts.rootfs, reference]);
  }

  /** Pushes an image to its registry; the digest that the tag has there now. */
  async push(reference: string): Promise<string> {
    const output = await this.cli(["push", reference]);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
    if (digest === undefined) throw new Error(`docker push told no digest:\n${output}`);
    return digest;
  }

  /** Starts a container without network; it comes back with its daemon. Its id. */
  async runContainer({ name, image, labels = {}, platform }: ContainerOptions): Promise<string> {
    const labelFlags = Object.entries(labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    // As process 1, sleep ignores SIGTERM.
    const stop = ["--stop-signal=SIGKILL", "--restart=unless-stopped"];
    const flags = ["--detach", "--network=none", "--pull=never", ...stop, "--name", name];
    if (platform !== undefined) flags.push(`--platform=${platform}`);
    return (await this.cli(["run", ...flags, ...labelFlags, image])).trim();
  }

  async removeContainer(name: string): Promise<void> {
    await this.cli(["rm", "--force", name]);
  }
}

/** The containerd below a daemon. */
export function containerdServer({ containerd, containerdSocket }: DockerFacts): Server {
  return new Server(containerd, () => accepts(containerdSocket));
}
