import { parseReference, taggedName } from "../registry/reference.ts";

/** Reports which other tools manage a container, and what will differ from their files after the update. */
export function driftWarnings(
  labels: Readonly<Record<string, string>>,
  imageBefore: string,
  image: string,
): readonly string[] {
  const warnings: string[] = [];
  const project = labels["com.docker.compose.project"];
  const files = labels["com.docker.compose.project.config_files"] ?? "";
  if (project !== undefined) {
    if (!isSameName(image, imageBefore)) {
      warnings.push(
        `The Compose project ${project} owns it: change the image in its file from ${imageBefore} to ${image}, or the next \`docker compose up\` goes back`,
      );
    }
    // Portainer stores the files of its stacks in this folder.
    if (/(?:^|,)\/data\/compose\//.test(files)) {
      warnings.push(
        `A Portainer stack (${project}) owns it: Portainer shows the new image only after it has updated the stack itself`,
      );
    }
  }
  return warnings;
}

/** `web` and `docker.io/library/web:latest` are the same to Compose. */
function isSameName(first: string, second: string): boolean {
  if (first === second) return true;
  const [one, other] = [parseReference(first), parseReference(second)];
  if (!one.ok || !other.ok || one.value.digest !== other.value.digest) return false;
  return taggedName(one.value) === taggedName(other.value);
}

/** Compose compares it with what its image name resolves to, and creates the container again if they differ. */
export const COMPOSE_IMAGE_LABEL = "com.docker.compose.image";
