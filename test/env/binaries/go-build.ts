import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GoTool } from "./go-tools.ts";
import type { Lack } from "./missing.ts";
import { outputOf, run } from "./run-command.ts";
import { type Log, reportProgress, timed } from "./timed.ts";

const toolsFolder = fileURLToPath(new URL("../tools", import.meta.url));

/** From this version on, Go fetches the newer toolchain that a go.mod asks for by itself. */
const OLDEST_GO = { major: 1, minor: 21 };

/** A Go tool with what its module files say. */
export interface GoBuild {
  readonly tool: GoTool;
  /** `v1.36.3` */
  readonly version: string;
  /** Where its programs are in the cache: changes with everything that goes into the build. */
  readonly key: string;
}

export async function planGoBuild(tool: GoTool): Promise<GoBuild> {
  const files = await Promise.all(
    ["go.mod", "go.sum", ...(tool.sources ?? [])].map((name) => readFile(join(toolsFolder, tool.name, name), "utf8")),
  );
  const version = moduleVersion(files[0] ?? "", tool.module);
  const commands = Object.keys(tool.programs).map((program) => buildArguments(tool, version, program, ""));
  const settings = Object.values(buildSettings(tool));
  return {
    tool,
    version,
    key: `${tool.name}-${version}-${digest([...files, ...commands.flat(), ...settings, process.arch])}`,
  };
}

/** The version at which a go.mod requires a module. */
export function moduleVersion(goMod: string, module: string): string {
  const line = goMod.split("\n").find((text) =>
    text
      .replace(/^require /, "")
      .trim()
      .startsWith(`${module} v`),
  );
  const version = line?.trim().split(" ")[line.startsWith("require ") ? 2 : 1];
  if (version === undefined) throw new Error(`go.mod requires no ${module}`);
  return version;
}

/** Twelve hexadecimal digits that represent all parts. */
export function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 12);
}

/** What this machine lacks to make these builds. */
export async function lacksForGo(builds: readonly GoBuild[]): Promise<Lack[]> {
  const names = builds.flatMap(({ tool }) => Object.keys(tool.programs)).join(", ");
  const remedy = `Install Go 1.26 or newer, so that ${names} can be built`;
  const version = await outputOf("go", ["env", "GOVERSION"]);
  if (version === undefined) return [{ what: "Go is not installed", remedy }];
  if (isTooOld(version)) return [{ what: `its Go is too old (${version.trim()})`, remedy }];
  const compiler = (await run("go", ["env", "CC"])).trim();
  if (builds.some(({ tool }) => tool.cgo === true) && (await outputOf(compiler, ["--version"])) === undefined) {
    return [{ what: "there is no C compiler", remedy: "Install gcc and libc's headers, so that runc can be built" }];
  }
  return [];
}

/** Of what `go env GOVERSION` says. */
export function isTooOld(goVersion: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(goVersion) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) === OLDEST_GO.major && Number(minor) < OLDEST_GO.minor;
}

/** Builds the tool's programs into `folder`. */
export async function buildGoTool({ tool, version }: GoBuild, folder: string, log: Log): Promise<void> {
  for (const program of Object.keys(tool.programs)) {
    await timed(log, `building ${program} ${version}`, async () => {
      let fetched = 0;
      let compiled = 0;
      using _ = reportProgress(log, () => `${program}: ${fetched} modules fetched, ${compiled} packages compiled`);
      await run("go", buildArguments(tool, version, program, join(folder, program)), {
        cwd: join(toolsFolder, tool.name),
        env: buildEnvironment(tool),
        onErrorLine: (line) => {
          if (line.startsWith("go: downloading ")) fetched += 1;
          else compiled += 1;
        },
      });
    });
  }
}

function buildArguments(tool: GoTool, version: string, program: string, output: string): string[] {
  const variables = Object.entries(tool.variables?.(version) ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ["build", "-v", "-trimpath", `-ldflags=${["-s", "-w", ...variables].join(" ")}`];
  if (tool.tags !== undefined) flags.push(`-tags=${tool.tags}`);
  if (tool.compilerFlags !== undefined) flags.push(`-gcflags=${tool.compilerFlags}`);
  return [...flags, "-o", output, tool.programs[program] ?? ""];
}

function buildEnvironment(tool: GoTool): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, GOEXPERIMENT: _experiment, ...environment } = process.env;
  return { ...environment, ...buildSettings(tool) };
}

/** The same build whatever the user's own Go settings are; only where modules come from stays theirs. */
function buildSettings(tool: GoTool): Readonly<Record<string, string>> {
  return {
    GOFLAGS: "-mod=readonly -buildvcs=false",
    GOTOOLCHAIN: "auto",
    GOWORK: "off",
    GO111MODULE: "on",
    CGO_ENABLED: tool.cgo === true ? "1" : "0",
  };
}
