/**
 * Removes the DOCKER_* variables from an environment and returns them. dockerode would apply each of them to all of its
 * clients.
 */
export function takeDockerEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  const taken: Record<string, string | undefined> = {};
  for (const name of Object.keys(env).filter((each) => each.startsWith("DOCKER_"))) {
    taken[name] = env[name];
    delete env[name];
  }
  return taken;
}
