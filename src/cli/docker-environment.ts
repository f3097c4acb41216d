/**
 * Takes the DOCKER_* variables out of an environment. dockerode would mix every one of them into each of its clients:
 * they are read once, and then gone.
 */
export function takeDockerEnvironment(env: NodeJS.ProcessEnv): Readonly<Record<string, string | undefined>> {
  const taken: Record<string, string | undefined> = {};
  for (const name of Object.keys(env).filter((each) => each.startsWith("DOCKER_"))) {
    taken[name] = env[name];
    delete env[name];
  }
  return taken;
}
