import { type HttpAnswer, type Listening, type ListenOptions, serveHttp } from "../common/http-server.ts";
import type { Logger } from "../common/logger.ts";
import { failure, type Result } from "../common/result.ts";

export interface ProbeCheck {
  /** The last part of the URL, as in `/readyz/caches`. */
  readonly name: string;
  /** Returns undefined if the check passes, else says why not, in a few words without secrets. */
  check(): string | undefined;
  /** What else the details should mention while all is well, such as a part that cannot be watched. */
  note?(): string | undefined;
}

export interface ProbeOptions extends ListenOptions {
  /** If one of these fails, the process should be restarted. They must not depend on anything outside the process. */
  readonly live: readonly ProbeCheck[];
  readonly ready: readonly ProbeCheck[];
}

/**
 * Serves `/livez` and `/readyz` with 200 or 503. `/readyz/<name>` runs one check; `?verbose` lists every check and its
 * result. A failure is a sentence for the user.
 */
export async function serveProbes(options: ProbeOptions): Promise<Result<Listening, string>> {
  const listening = await serveHttp({ ...options, handle: ({ url }) => answerTo(url, options) });
  return listening.ok ? listening : failure(`Cannot serve the probes: ${listening.failure}`);
}

function answerTo({ pathname, searchParams }: URL, options: ProbeOptions): HttpAnswer {
  const [, probe = "", name] = pathname.split("/");
  const checks = checksOf(options, probe)?.filter((check) => name === undefined || check.name === name);
  if (checks === undefined || (name !== undefined && checks.length === 0)) return { status: 404, body: "not found\n" };
  const { well, report } = runChecks(probe, checks, options.logger);
  const text = searchParams.has("verbose") ? report : well ? "ok" : `${probe} failed`;
  return { status: well ? 200 : 503, body: `${text}\n` };
}

function checksOf(options: ProbeOptions, probe: string): readonly ProbeCheck[] | undefined {
  if (probe === "livez") return options.live;
  return probe === "readyz" ? options.ready : undefined;
}

/** Runs the checks. The report has the format of Kubernetes' own components. */
function runChecks(probe: string, checks: readonly ProbeCheck[], logger: Logger): { well: boolean; report: string } {
  const lines: string[] = [];
  let well = true;
  for (const check of checks) {
    const trouble = troubleOf(check);
    lines.push(trouble === undefined ? passed(check) : `[-]${check.name} failed: ${trouble}`);
    if (trouble === undefined) continue;
    well = false;
    logger.debug("A probe's check failed", { probe, check: check.name, trouble });
  }
  return { well, report: [...lines, `${probe} check ${well ? "passed" : "failed"}`].join("\n") };
}

function passed(check: ProbeCheck): string {
  const note = check.note?.();
  return note === undefined ? `[+]${check.name} ok` : `[+]${check.name} ok: ${note}`;
}

function troubleOf(check: ProbeCheck): string | undefined {
  try {
    return check.check();
  } catch (error) {
    return error instanceof Error ? error.message : "the check threw";
  }
}
