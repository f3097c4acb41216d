import type { Readable } from "node:stream";
import type { ContextOptions } from "./context-metadata.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What every kind of source is given. */
export interface SourceContext {
  readonly stdin: Readable;
  /** Without the DOCKER_* variables: those are in `docker`. */
  readonly env: Variables;
  readonly docker: Variables;
  readonly signal: AbortSignal;
  readonly options: ContextOptions;
}
