import { type Log, seconds } from "./binaries/timed.ts";
import { type Binaries, type BrowserPrograms, setUpBinaries } from "./binaries.ts";
import { containerdServer, Docker, type DockerFacts } from "./docker.ts";
import { planDocker, planDockerSupplies } from "./docker-plan.ts";
import { type EtcdFacts, etcdServer, planEtcd } from "./etcd.ts";
import { Kube, type KubeFacts, planKube } from "./kube.ts";
import { clearOnExit } from "./processes/clear-on-exit.ts";
import { freePorts } from "./processes/ports.ts";
import { abandonedRunFolders, claimAbandoned, clearRunFolder, createRunFolder } from "./processes/run-folder.ts";
import { planRegistry, Registry, type RegistryFacts } from "./registry.ts";

/** Everything about the running servers, as plain data that can be handed to other processes. */
export interface EnvironmentFacts {
  readonly etcd: EtcdFacts;
  readonly kube: KubeFacts;
  readonly dockers: { readonly old: DockerFacts; readonly new: DockerFacts };
  readonly registry: RegistryFacts;
  /** Paths of programs that are not servers. */
  readonly programs: {
    readonly kstatus: string;
    readonly promtool: string;
    readonly prometheus: string;
    readonly browser: BrowserPrograms;
  };
}

/** The running servers, to act on from any process of this machine. */
export interface Environment {
  readonly kube: Kube;
  /** `old` is Docker 20.10 with a graph driver, `new` is Docker 29 with containerd's image store. */
  readonly dockers: { readonly old: Docker; readonly new: Docker };
  readonly registry: Registry;
}

/** The environment in the process that started it. */
export interface RunningEnvironment extends Environment {
  readonly facts: EnvironmentFacts;
  /** Stops all servers and takes away what they left. */
  stop(): Promise<void>;
}

/** What each daemon runs from the start: containers of a local image, which no registry knows. */
export const SEED_IMAGE = "idle:local";
export const SEED_CONTAINERS = ["idle-1", "idle-2"] as const;

export interface StartOptions {
  readonly log: Log;
}

/**
 * Starts every server on free loopback ports, after setting up their programs where that was not done yet and clearing
 * what a killed run left. They end with this process at the latest. Throws EnvironmentUnavailable where the machine
 * cannot have them.
 */
export async function startEnvironment({ log }: StartOptions): Promise<RunningEnvironment> {
  const binaries = await setUpBinaries({ log, environment: process.env });
  for (const folder of abandonedRunFolders().filter(claimAbandoned)) {
    log(`clearing ${folder}, which a killed run left`);
    clearRunFolder(folder);
  }
  const started = performance.now();
  const runFolder = createRunFolder();
  const forget = clearOnExit(runFolder);
  const clear = () => {
    clearRunFolder(runFolder);
    forget();
  };
  try {
    const facts = await plan(runFolder, binaries);
    const environment = connectEnvironment(facts);
    await startServers(facts, environment);
    log(`started the test servers in ${seconds(performance.now() - started)}`);
    return { ...environment, facts, stop: () => stopServers(facts, environment).finally(clear) };
  } catch (error) {
    clear();
    throw error;
  }
}

async function plan(runFolder: string, binaries: Binaries): Promise<EnvironmentFacts> {
  const ports = await freePorts(["etcd", "etcdPeers", "kube", "oldDocker", "newDocker", "registry"]);
  const shared = { runFolder, binaries };
  const etcd = planEtcd({ ...shared, clientPort: ports.etcd, peerPort: ports.etcdPeers });
  const supplies = await planDockerSupplies(runFolder, binaries);
  return {
    etcd,
    kube: await planKube({ ...shared, port: ports.kube, etcd }),
    dockers: {
      old: await planDocker({ name: "old", runFolder, binaries: binaries.oldDocker, port: ports.oldDocker, supplies }),
      new: await planDocker({ name: "new", runFolder, binaries: binaries.newDocker, port: ports.newDocker, supplies }),
    },
    registry: await planRegistry({ ...shared, port: ports.registry }),
    programs: {
      kstatus: binaries.kstatus,
      promtool: binaries.debian.promtool,
      prometheus: binaries.debian.prometheus,
      browser: binaries.browser,
    },
  };
}

/** The same servers, seen from another process. */
export function connectEnvironment(facts: EnvironmentFacts): Environment {
  return {
    kube: new Kube(facts.kube),
    dockers: { old: new Docker(facts.dockers.old), new: new Docker(facts.dockers.new) },
    registry: new Registry(facts.registry),
  };
}

async function startServers(facts: EnvironmentFacts, { kube, dockers, registry }: Environment): Promise<void> {
  const startKube = async () => {
    await etcdServer(facts.etcd).start();
    await kube.start();
  };
  const startDocker = async (docker: Docker) => {
    await containerdServer(docker.facts).start();
    await docker.start();
    await docker.importImage(SEED_IMAGE);
    await Promise.all(SEED_CONTAINERS.map((name) => docker.runContainer({ name, image: SEED_IMAGE })));
  };
  await settled([startKube(), startDocker(dockers.old), startDocker(dockers.new), registry.start()]);
}

/** Services that depend on another come first. */
async function stopServers(facts: EnvironmentFacts, { kube, dockers, registry }: Environment): Promise<void> {
  const stopKube = async () => {
    await kube.stop();
    await etcdServer(facts.etcd).stop();
  };
  const stopDocker = async (docker: Docker) => {
    await docker.stop();
    await containerdServer(docker.facts).stop();
  };
  await settled([stopKube(), stopDocker(dockers.old), stopDocker(dockers.new), registry.stop()]);
}

/** Waits for all, so that nothing continues behind the caller's back, and then fails as the first that failed. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
