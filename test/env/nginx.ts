import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebianPrograms } from "./binaries.ts";
import { freePorts } from "./processes/ports.ts";
import { accepts, answersOk } from "./processes/probe.ts";
import { Server } from "./processes/server.ts";

/** One port of the web server. */
export interface Site {
  /** In addition to `listen`. `FOLDER` is replaced with the folder of the files, `DAEMON` with the daemon behind it. */
  readonly directives: readonly string[];
  readonly tls?: boolean;
  readonly http2?: boolean;
}

export interface NginxOptions<Name extends string> {
  readonly programs: DebianPrograms;
  /** Of the run: what is started there ends with it. */
  readonly runFolder: string;
  /** The daemon's socket. */
  readonly socket: string;
  /** Certificates, keys and passwords, by their file names. */
  readonly files: Readonly<Record<string, string>>;
  readonly sites: Readonly<Record<Name, Site>>;
}

/** A real nginx in front of a daemon's socket, with a loopback port for each of its sites. */
export class Nginx<Name extends string> {
  readonly ports: Readonly<Record<Name, number>>;
  readonly #server: Server;

  private constructor(ports: Readonly<Record<Name, number>>, server: Server) {
    this.ports = ports;
    this.#server = server;
  }

  static async start<Name extends string>(options: NginxOptions<Name>): Promise<Nginx<Name>> {
    const { programs, runFolder, socket, files, sites } = options;
    if (!(await accepts(socket))) throw new Error(`nobody listens on ${socket}`);
    const names = Object.keys(sites) as Name[];
    const { ready, ...others } = await freePorts(["ready", ...names]);
    const ports = others as Readonly<Record<Name, number>>;
    const folder = await mkdtemp(join(runFolder, "nginx-"));
    await mkdir(join(folder, "temp"));
    await Promise.all(
      Object.entries(files).map(([name, content]) => writeFile(join(folder, name), content, { mode: 0o600 })),
    );
    const blocks = names.map((name) => siteBlock(ports[name], sites[name], folder, socket));
    const configuration = join(folder, "nginx.conf");
    await writeFile(configuration, mainBlock(folder, ready, blocks));
    const server = new Server(
      {
        name: `nginx-${ready}`,
        runFolder,
        program: programs.nginx,
        args: ["-p", folder, "-c", configuration, "-e", "stderr"],
        environment: programs.environment,
        graceMs: 5_000,
      },
      () => answersOk(`http://127.0.0.1:${ready}/`),
    );
    await server.start();
    return new Nginx(ports, server);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

const TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Runs as one process in the foreground, and writes below its folder only. */
function mainBlock(folder: string, readyPort: number, sites: readonly string[]): string {
  return `${[
    "daemon off;",
    "master_process off;",
    "error_log stderr;",
    `pid ${folder}/nginx.pid;`,
    "events {}",
    "http {",
    "access_log off;",
    ...TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`),
    `server { listen 127.0.0.1:${readyPort}; return 200; }`,
    ...sites,
    "}",
  ].join("\n")}\n`;
}

function siteBlock(
  port: number,
  { directives, tls = false, http2 = false }: Site,
  folder: string,
  socket: string,
): string {
  const filled = directives.map((each) =>
    each.replaceAll("FOLDER", folder).replaceAll("DAEMON", `http://unix:${socket}:`),
  );
  const protocols = `${tls ? " ssl" : ""}${http2 ? " http2" : ""}`;
  return ["server {", `listen 127.0.0.1:${port}${protocols};`, ...filled, "}"].join("\n");
}
