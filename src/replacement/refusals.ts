import { advised, type Failure } from "../api/failure.ts";
import type { Reason } from "../api/reasons.ts";
import type { ContainerDetails } from "../docker/engine-details.ts";
import { asObject } from "./recreate-config.ts";
import type { EngineDescription } from "./request.ts";

const SWARM_TASK = "com.docker.swarm.task.id";
/** For a path to the daemon that its containers do not reveal, such as a VPN. */
const CARRIER_LABEL = "dockerhost.dev/carries-connection";

type Refusal = readonly [reason: Reason, why: string];

/** Explains why an engine's containers are not replaced; undefined if they are. */
export function refuseEngine({ name, os }: EngineDescription): Failure | undefined {
  if (name !== "Docker") return advised("EngineUnsupported", `The engine is ${name}, not Docker`);
  if (os !== undefined && os !== "linux") return advised("EngineUnsupported", `The engine runs ${os} containers`);
  return undefined;
}

/** Explains why a container cannot be replaced faithfully or safely; undefined if it can. */
export function refuseContainer(container: ContainerDetails, engine: EngineDescription): Failure | undefined {
  const refusal = refusalOf(container, engine);
  if (refusal === undefined) return undefined;
  const [reason, why] = refusal;
  return advised(reason, `Container ${ownName(container)} is not replaced: ${why}`);
}

function refusalOf(
  { Id, Config, HostConfig, NetworkSettings, State }: ContainerDetails,
  engine: EngineDescription,
): Refusal | undefined {
  const labels = Config.Labels ?? {};
  if (Object.hasOwn(labels, SWARM_TASK)) return ["SwarmManaged", "it is a task of a Swarm service"];
  if (HostConfig.AutoRemove === true) return ["ContainerAutoRemoved", "it was created with --rm"];
  if (labels[CARRIER_LABEL] === "true") return ["CarriesConnection", `its label ${CARRIER_LABEL}=true says so`];
  const { port } = engine;
  // What it has asked for may be a range, or any port: then only the second one shows which it has got.
  const published = [HostConfig.PortBindings ?? {}, asObject(NetworkSettings.Ports)];
  if (port !== undefined && published.some((bindings) => publishes(bindings, port))) {
    return ["CarriesConnection", `it publishes port ${port}, which the requests to this daemon go through`];
  }
  if (
    port !== undefined &&
    HostConfig.NetworkMode === "host" &&
    Object.hasOwn(Config.ExposedPorts ?? {}, `${port}/tcp`)
  ) {
    const why = `it exposes port ${port} in the host's network, which the requests to this daemon go through`;
    return ["CarriesConnection", why];
  }
  if (
    engine.ownHostname !== undefined &&
    /^[0-9a-f]{12}$/.test(engine.ownHostname) &&
    Id.startsWith(engine.ownHostname)
  ) {
    return ["CarriesConnection", "this program runs in it"];
  }
  if (State.Paused === true || State.Status === "paused") return ["ContainerPaused", "it is paused"];
  if (State.Status === "dead" || State.Status === "removing") {
    return ["ContainerInTransition", `its state is ${State.Status}`];
  }
  return undefined;
}

function publishes(bindings: Readonly<Record<string, unknown>>, port: number): boolean {
  return Object.entries(bindings).some(
    ([inside, published]) =>
      inside.endsWith("/tcp") &&
      Array.isArray(published) &&
      published.some((binding) => Number(asObject(binding).HostPort) === port),
  );
}

export function ownName({ Name }: Pick<ContainerDetails, "Name">): string {
  return Name.replace(/^\//, "");
}
