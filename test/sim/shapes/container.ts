import {
  type ContainerState,
  findImage,
  type ImageStore,
  imageId,
  type SimContainer,
  type SimImage,
} from "../contents.ts";
import { apiBefore } from "../engine.ts";

/** What decides how a daemon shows its contents. */
export interface ShapeContext {
  readonly store: ImageStore;
  /** The version of the API that the client asked for. */
  readonly apiVersion: string;
  readonly images: readonly SimImage[];
}

const CREATED_AT = "2025-11-20T10:00:00.123456789Z";
const CREATED_SECONDS = Date.parse(CREATED_AT) / 1_000;
const NEVER = "0001-01-01T00:00:00Z";

/** One item of `GET /containers/json`. */
export function containerSummary(container: SimContainer, context: ShapeContext): object {
  const state = container.state ?? "running";
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: shownImage(container, context),
    ImageID: imageId(container.runs, context.store),
    ...manifestDescriptor(container, context),
    Command: "/app",
    Created: Math.floor(CREATED_SECONDS),
    Ports: [],
    Labels: container.labels ?? {},
    State: state,
    Status: STATUS[state],
    HostConfig: { NetworkMode: "none" },
    NetworkSettings: { Networks: { none: network() } },
    Mounts: [],
  };
}

/** `GET /containers/{id}/json`. */
export function containerInspect(container: SimContainer, context: ShapeContext): object {
  const state = container.state ?? "running";
  return {
    Id: container.id,
    Created: CREATED_AT,
    Path: "/app",
    Args: [],
    State: {
      Status: state,
      Running: isRunning(state),
      Paused: state === "paused",
      Restarting: state === "restarting",
      OOMKilled: false,
      Dead: state === "dead",
      Pid: isRunning(state) ? 4242 : 0,
      ExitCode: 0,
      Error: "",
      StartedAt: state === "created" ? NEVER : CREATED_AT,
      FinishedAt: NEVER,
    },
    Image: imageId(container.runs, context.store),
    ...manifestDescriptor(container, context),
    Name: `/${container.name}`,
    RestartCount: 0,
    Driver: context.store === "containerd" ? "overlayfs" : "overlay2",
    Platform: "linux",
    HostConfig: { NetworkMode: "none", RestartPolicy: { Name: "always", MaximumRetryCount: 0 }, AutoRemove: false },
    Mounts: [],
    Config: {
      Hostname: container.id.slice(0, 12),
      Env: ["PATH=/usr/bin:/bin"],
      Cmd: null,
      Image: container.image,
      Entrypoint: ["/app"],
      Labels: container.labels ?? {},
    },
    NetworkSettings: { Networks: { none: network() } },
  };
}

/** Docker counts paused and restarting containers as running, also in a list without `all`. */
export function isRunning(state: ContainerState): boolean {
  return state === "running" || state === "paused" || state === "restarting";
}

/** The name it was created with turns into the bare image id once that name means another image, or none. */
function shownImage({ image, runs }: SimContainer, { images, store }: ShapeContext): string {
  const named = findImage(images, store, image);
  const id = imageId(runs, store);
  return named !== undefined && imageId(named, store) === id ? image : id;
}

function manifestDescriptor({ runs }: SimContainer, { store, apiVersion }: ShapeContext): object {
  return store === "containerd" && !apiBefore(apiVersion, "1.48") ? { ImageManifestDescriptor: runs.manifest } : {};
}

function network(): object {
  return { IPAMConfig: null, Links: null, Aliases: null, NetworkID: "", EndpointID: "", Gateway: "", IPAddress: "" };
}

const STATUS: Readonly<Record<ContainerState, string>> = {
  created: "Created",
  running: "Up 2 hours",
  paused: "Up 2 hours (Paused)",
  restarting: "Restarting (1) 3 seconds ago",
  removing: "Removal In Progress",
  exited: "Exited (0) 2 hours ago",
  dead: "Dead",
};
