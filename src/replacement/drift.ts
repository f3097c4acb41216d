/** Who else manages a container, and what of it no longer matches afterwards. */
export function driftWarnings(
  labels: Readonly<Record<string, string>>,
  imageBefore: string,
  image: string,
): readonly string[] {
  const warnings: string[] = [];
  const project = labels["com.docker.compose.project"];
  const files = labels["com.docker.compose.project.config_files"] ?? "";
  if (project !== undefined) {
    if (image !== imageBefore) {
      warnings.push(
        `The Compose project ${project} owns it: change the image in its file from ${imageBefore} to ${image}, or the next \`docker compose up\` goes back`,
      );
    }
    // Portainer keeps the files of its stacks there.
    if (/(?:^|,)\/data\/compose\//.test(files)) {
      warnings.push(
        `A Portainer stack (${project}) owns it: Portainer shows the new image only after it has updated the stack itself`,
      );
    }
  }
  return warnings;
}

/** Compose compares it with what its image name resolves to, and creates the container again where they differ. */
export const COMPOSE_IMAGE_LABEL = "com.docker.compose.image";
