import { DOCKER_HOST } from "./docker-host.ts";
import type { Kind } from "./kind.ts";

/** The kinds of this version: what is generated, and what manifests may hold. */
export const KINDS: readonly Kind[] = [DOCKER_HOST];
