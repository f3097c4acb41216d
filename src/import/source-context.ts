import type { Readable } from "node:stream";
import type { ContextOptions } from "./context-metadata.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The context in which every kind of source is read. */
export interface SourceContext {
  readonly stdin: Readable;
  /** The environment without the DOCKER_* variables, which are in `docker`. */
  readonly env: Variables;
  readonly docker: Variables;
  readonly signal: AbortSignal;
  readonly options: ContextOptions;
}
