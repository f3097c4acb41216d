import type { ImageStore, SimContainer, SimImage } from "../contents.ts";
import type { Engine } from "../engine.ts";

const BUILT = "2025-11-10T21:50:12.000000000+00:00";
const KERNEL = "6.1.0-28-amd64";

/** `GET /version`. */
export function versionShape(engine: Engine): object {
  return {
    Platform: { Name: "Docker Engine - Community" },
    Version: engine.version,
    ApiVersion: engine.apiVersion,
    MinAPIVersion: engine.minAPIVersion,
    Os: engine.os,
    Arch: engine.arch,
    Components: [
      {
        Name: "Engine",
        Version: engine.version,
        Details: {
          ApiVersion: engine.apiVersion,
          Arch: engine.arch,
          BuildTime: BUILT,
          Experimental: "false",
          GitCommit: "d105562",
          GoVersion: "go1.25.3",
          KernelVersion: KERNEL,
          MinAPIVersion: engine.minAPIVersion,
          Os: engine.os,
        },
      },
    ],
    GitCommit: "d105562",
    GoVersion: "go1.25.3",
    KernelVersion: KERNEL,
    BuildTime: BUILT,
  };
}

export interface InfoFacts {
  readonly engine: Engine;
  readonly store: ImageStore;
  readonly containers: readonly SimContainer[];
  readonly images: readonly SimImage[];
  readonly distribution?: Distribution | undefined;
}

/** What a daemon answers of a registry's `name:tag`; the second argument is what X-Registry-Auth held. */
export type Distribution = (image: string, auth: string | undefined) => readonly [status: number, body: unknown];

/** `GET /info`, the fields that describe the host. */
export function infoShape({ engine, store, containers, images }: InfoFacts): object {
  const count = (...states: string[]) => containers.filter(({ state = "running" }) => states.includes(state)).length;
  return {
    ID: engine.id,
    Containers: containers.length,
    ContainersRunning: count("running", "restarting"),
    ContainersPaused: count("paused"),
    ContainersStopped: count("created", "exited", "removing", "dead"),
    Images: images.length,
    ...driver(store),
    Plugins: { Volume: ["local"], Network: ["bridge", "host", "null"], Authorization: null, Log: ["json-file"] },
    SystemTime: new Date().toISOString(),
    LoggingDriver: "json-file",
    CgroupDriver: "systemd",
    CgroupVersion: "2",
    KernelVersion: KERNEL,
    OperatingSystem: "Debian GNU/Linux 12 (bookworm)",
    OSVersion: "12",
    OSType: engine.os,
    Architecture: engine.arch === "amd64" ? "x86_64" : engine.arch === "arm64" ? "aarch64" : engine.arch,
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: {
      IndexConfigs: { "docker.io": { Mirrors: [], Name: "docker.io", Official: true, Secure: true } },
      InsecureRegistryCIDRs: ["::1/128", "127.0.0.0/8"],
      Mirrors: null,
    },
    NCPU: 2,
    MemTotal: 4_106_063_872,
    DockerRootDir: "/var/lib/docker",
    HttpProxy: "",
    HttpsProxy: "",
    NoProxy: "",
    Name: engine.name,
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: engine.version,
    Swarm: { NodeID: "", NodeAddr: "", LocalNodeState: "inactive", ControlAvailable: false, Error: "" },
    SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
    Warnings: null,
  };
}

function driver(store: ImageStore): object {
  return store === "containerd"
    ? { Driver: "overlayfs", DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] }
    : { Driver: "overlay2", DriverStatus: [["Backing Filesystem", "extfs"]] };
}
