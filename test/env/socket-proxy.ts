import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianPrograms } from "./binaries.ts";
import { freePorts } from "./processes/ports.ts";
import { accepts, answersOk } from "./processes/probe.ts";
import { Server } from "./processes/server.ts";

/** Parts of the Engine API that a proxy may open, one by one. */
export type Section = "CONTAINERS" | "IMAGES" | "INFO" | "DISTRIBUTION" | "EVENTS" | "PING" | "VERSION";

const PATHS: Readonly<Record<Section, string>> = {
  CONTAINERS: "/containers(/|$)",
  IMAGES: "/images(/|$)",
  INFO: "/info$",
  DISTRIBUTION: "/distribution/",
  EVENTS: "/events$",
  PING: "/_ping$",
  VERSION: "/version$",
};

/** What goes through: sections for reading, or all of it but what a list of words forbids anywhere in a URL. */
export type SocketPolicy =
  | { readonly kind: "sections"; readonly open: readonly Section[]; readonly post?: boolean }
  | { readonly kind: "read-only"; readonly blocked: readonly string[] }
  /** HAProxy's own rules, each beginning after `http-request`. */
  | { readonly kind: "rules"; readonly rules: readonly string[] };

/** As 11notes' proxy has it: unanchored, so that it also strikes what merely has such a name. */
export const UNANCHORED_BLOCKLIST = ["secrets.*", "configs.*", "images/get.*"] as const;

export interface SocketProxyOptions {
  readonly programs: DebianPrograms;
  /** Of the run: what is started there ends with it. */
  readonly runFolder: string;
  /** The daemon's socket. */
  readonly socket: string;
  readonly policy: SocketPolicy;
}

/** A real HAProxy before a daemon's socket, in plaintext on a loopback port, that lets through what its policy says. */
export class SocketProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #configuration: string;
  readonly #socket: string;

  private constructor(options: SocketProxyOptions, port: number, folder: string) {
    this.port = port;
    this.#socket = options.socket;
    this.#configuration = join(folder, "haproxy.cfg");
    const { programs, runFolder } = options;
    this.#server = new Server(
      {
        name: `haproxy-${port}`,
        runFolder,
        program: programs.haproxy,
        args: ["-db", "-f", this.#configuration],
        environment: programs.environment,
        graceMs: 5_000,
      },
      () => answersOk(`http://127.0.0.1:${port}${READY}`),
    );
  }

  static async start(options: SocketProxyOptions): Promise<SocketProxy> {
    const { proxy: port } = await freePorts(["proxy"]);
    if (!(await accepts(options.socket))) throw new Error(`nobody listens on ${options.socket}`);
    const proxy = new SocketProxy(options, port, await mkdtemp(join(options.runFolder, "haproxy-")));
    await proxy.setPolicy(options.policy);
    return proxy;
  }

  /** Starts it again with another policy. */
  async setPolicy(policy: SocketPolicy): Promise<void> {
    await this.#server.stop();
    await writeFile(this.#configuration, configuration(this.port, this.#socket, policy));
    await this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** Answered by the proxy itself, before its rules. */
const READY = "/proxy-is-ready";
const VERSION_PREFIX = "^(/v1[.][0-9]+)?";
const READS = "{ method GET HEAD }";
/** The images that such proxies come in answer with a page of their own, or with nothing at all. */
const PAGE = "<html><body><h1>403 Forbidden</h1></body></html>";

function configuration(port: number, socket: string, policy: SocketPolicy): string {
  return `${[
    "defaults",
    "  mode http",
    "  timeout connect 5s",
    "  timeout client 10m",
    "  timeout server 10m",
    "frontend api",
    `  bind 127.0.0.1:${port}`,
    `  http-request return status 200 if { path ${READY} }`,
    ...rules(policy).map((rule) => `  http-request ${rule}`),
    "  default_backend daemon",
    "backend daemon",
    `  server daemon unix@${socket}`,
  ].join("\n")}\n`;
}

function rules(policy: SocketPolicy): readonly string[] {
  if (policy.kind === "rules") return policy.rules;
  if (policy.kind === "read-only") {
    const deny = "return status 403 hdr Content-Type text/plain";
    return [`${deny} unless ${READS}`, ...policy.blocked.map((words) => `${deny} if { url_reg ${words} }`)];
  }
  const deny = `return status 403 content-type text/html string "${PAGE}"`;
  return [
    ...(policy.post === true ? [] : [`${deny} unless ${READS}`]),
    ...policy.open.map((section) => `allow if { path_reg ${VERSION_PREFIX}${PATHS[section]} }`),
    deny,
  ];
}
