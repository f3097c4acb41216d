import { CONTAINER_UPDATE } from "./container-update.ts";
import { DOCKER_HOST } from "./docker-host.ts";
import type { Kind } from "./kind.ts";

/** The kinds of this version, whose definitions are generated. */
export const KINDS: readonly Kind[] = [DOCKER_HOST, CONTAINER_UPDATE];

/** The kinds that work without a cluster, from manifests. */
export const MANIFEST_KINDS: readonly Kind[] = [DOCKER_HOST];
