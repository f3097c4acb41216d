import { familiarName, type ImageReference, tagOf } from "../registry/reference.ts";

const SERVICE_NAME = "com.docker.swarm.service.name";
const TASK_ID = "com.docker.swarm.task.id";

/** By which a task of a service is told from other containers. */
export const SWARM_LABELS: readonly string[] = [SERVICE_NAME, TASK_ID];

/** Docker's own rule for names of services, which need no quotes in a shell. */
const NAME = /^[a-zA-Z0-9](?:[\w.-]{0,126}[a-zA-Z0-9])?$/;

/** The Swarm service that a container is a task of, by its labels; undefined where it is none. */
export function serviceOf(labels: Readonly<Record<string, string>>): string | undefined {
  const name = Object.hasOwn(labels, SERVICE_NAME) ? labels[SERVICE_NAME] : undefined;
  if (name === undefined || !NAME.test(name) || !Object.hasOwn(labels, TASK_ID)) return undefined;
  return name;
}

/** What has a service run what a tag names now: the tag is resolved to its digest once more. */
export function updateCommand(service: string, reference: ImageReference, tag = tagOf(reference)): string {
  const image = `${familiarName(reference)}:${tag}`;
  // The brackets of an IPv6 address mean something to a shell.
  return `docker service update --image ${image.includes("[") ? `'${image}'` : image} ${service}`;
}
