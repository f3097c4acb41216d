import { familiarName, type ImageReference, tagOf } from "../registry/reference.ts";

const SERVICE_NAME = "com.docker.swarm.service.name";
const TASK_ID = "com.docker.swarm.task.id";

/** These labels distinguish the task of a service from other containers. */
export const SWARM_LABELS: readonly string[] = [SERVICE_NAME, TASK_ID];

/** Docker's own rule for names of services; they need no quotes in a shell. */
const NAME = /^[a-zA-Z0-9](?:[\w.-]{0,126}[a-zA-Z0-9])?$/;

/** Returns the Swarm service whose task the container is, from its labels; undefined if it is not a task. */
export function serviceOf(labels: Readonly<Record<string, string>>): string | undefined {
  const name = Object.hasOwn(labels, SERVICE_NAME) ? labels[SERVICE_NAME] : undefined;
  if (name === undefined || !NAME.test(name) || !Object.hasOwn(labels, TASK_ID)) return undefined;
  return name;
}

/**
 * The command with which a service runs the current image of a tag: Docker then resolves the tag to its digest again.
 */
export function updateCommand(service: string, reference: ImageReference, tag = tagOf(reference)): string {
  const image = `${familiarName(reference)}:${tag}`;
  // The brackets of an IPv6 address have a meaning in a shell.
  return `docker service update --image ${image.includes("[") ? `'${image}'` : image} ${service}`;
}
