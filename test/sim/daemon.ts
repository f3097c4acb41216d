import type { ImageStore, SimContainer, SimImage } from "./contents.ts";
import type { Counters } from "./counters.ts";
import { answerDaemon } from "./daemon-routes.ts";
import { DEFAULT_ENGINE, type Engine } from "./engine.ts";
import type { Fault } from "./faults.ts";
import { Listener, type SimTls } from "./listener.ts";
import type { Distribution } from "./shapes/system.ts";

export interface HostContents {
  readonly images: readonly SimImage[];
  readonly containers: readonly SimContainer[];
  /** What its registries answer it; absent: they have nothing. */
  readonly distribution?: Distribution;
}

export interface SimDaemonOptions extends Partial<HostContents> {
  /** Absent: plain HTTP. */
  readonly tls?: SimTls;
  /** A Unix socket to listen on; default a free port of 127.0.0.1. */
  readonly socketPath?: string;
  /** Differences from an engine 29.0 on linux/amd64. */
  readonly engine?: Partial<Engine>;
  /** Default containerd, as fresh installations of engine 29 have. */
  readonly imageStore?: ImageStore;
  readonly latencyMs?: number;
}

/** A Docker daemon that is not there: a real listener with the answers of the Engine API subset that we use. */
export interface SimDaemon {
  /** 0 on a Unix socket. */
  readonly port: number;
  readonly engine: Engine;
  readonly counters: Counters;
  /** Replaces all faults; none is health. Existing connections end. */
  setFaults(...faults: readonly Fault[]): Promise<void>;
  /** What the host holds from now on. */
  setContents(contents: Partial<HostContents>): void;
  close(): Promise<void>;
}

export async function startSimDaemon(options: SimDaemonOptions = {}): Promise<SimDaemon> {
  const engine = { ...DEFAULT_ENGINE, ...options.engine };
  const store = options.imageStore ?? "containerd";
  let contents: HostContents = {
    images: options.images ?? [],
    containers: options.containers ?? [],
    ...(options.distribution === undefined ? {} : { distribution: options.distribution }),
  };
  const listener = await Listener.start({
    ...options,
    answer: (request) => answerDaemon(request, { engine, store, ...contents }),
  });
  return {
    port: listener.port,
    engine,
    counters: listener.counters,
    setFaults: (...faults) => listener.setFaults(faults),
    setContents(changed) {
      contents = { ...contents, ...changed };
    },
    close: () => listener.close(),
  };
}
