import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setUpBinaries } from "../env/binaries.ts";
import type { Environment } from "../env/environment.ts";
import { freePorts } from "../env/processes/ports.ts";
import { TestNamespace } from "../integration/cluster.ts";
import { Program } from "../integration/program.ts";
import { DockerMachine } from "./docker-machine.ts";
import { loginEnvironment, prepareReader, type Reader } from "./reader.ts";
import type { Values } from "./runner/exports.ts";
import type { Place } from "./runner/page.ts";
import { Shell } from "./runner/shell.ts";
import { Walkthrough } from "./runner/walkthrough.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What certificates can name and every machine resolves, to loopback. */
const MACHINE_NAME = "localhost";

/** What `dockerhost manifest` says about such a name, and never to a reader whose machine is another one. */
const LOOPBACK_WARNING = /^Warning: .* is on the machine where dockerhost runs/;

/** Everything that a page presupposes: a cluster with the controller, a Docker machine, and the programs it names. */
export class PageWorld {
  readonly namespace: TestNamespace;
  readonly reader: Reader;
  readonly controller: Program;
  /** Where the daemon will listen. */
  readonly port: number;
  readonly #folder: string;
  readonly #machine: DockerMachine;
  readonly #shells: Readonly<Record<Place, Shell>>;

  private constructor(
    folder: string,
    parts: { namespace: TestNamespace; reader: Reader; controller: Program; port: number; machine: DockerMachine },
    shells: Readonly<Record<Place, Shell>>,
  ) {
    this.#folder = folder;
    this.namespace = parts.namespace;
    this.reader = parts.reader;
    this.controller = parts.controller;
    this.port = parts.port;
    this.#machine = parts.machine;
    this.#shells = shells;
  }

  static async create({ kube, dockers }: Environment): Promise<PageWorld> {
    const binaries = await setUpBinaries({ log: (line) => console.error(line), environment: process.env });
    const docker = dockers.new.facts;
    const folder = join(docker.dockerd.runFolder, `page-${randomBytes(3).toString("hex")}`);
    const { daemon: port } = await freePorts(["daemon"]);
    const namespace = await TestNamespace.create(kube);
    const machine = await DockerMachine.create({ folder: join(folder, "machine"), port, docker });
    const reader = await prepareReader({
      folder: join(folder, "reader"),
      binaries,
      kube: kube.facts,
      namespace: namespace.name,
      machine,
      machineName: MACHINE_NAME,
    });
    const shells = {
      reader: await Shell.start({
        folder: reader.home,
        records: join(folder, "reader", "blocks"),
        environment: reader.environment,
      }),
      "on-host": await Shell.start({
        folder: machine.home,
        records: join(folder, "machine", "blocks"),
        environment: loginEnvironment(machine.home, machine.bin),
      }),
    };
    const controller = await Program.controller(kube, namespace.name);
    return new PageWorld(folder, { namespace, reader, controller, port, machine }, shells);
  }

  /** Does what a page below docs/ says; `values` are those that only this page asks for. */
  async follow(page: string, values: Values = {}): Promise<void> {
    const walkthrough = new Walkthrough({
      shells: this.#shells,
      values: {
        reader: {
          DOCKER_MACHINE: MACHINE_NAME,
          DOCKER_MACHINE_IP: "127.0.0.1",
          DOCKER_PORT: String(this.port),
          ...values,
        },
        "on-host": this.#machine.values,
      },
      ownLine: LOOPBACK_WARNING,
    });
    await walkthrough.follow(join(ROOT, "docs", page));
  }

  async close(): Promise<void> {
    for (const shell of Object.values(this.#shells)) shell.close();
    await this.namespace.delete();
    await this.controller.stop();
    await this.#machine.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
