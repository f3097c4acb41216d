import type { TestProject } from "vitest/node";
import { type EnvironmentFacts, startEnvironment } from "../env/environment.ts";

declare module "vitest" {
  export interface ProvidedContext {
    environment: EnvironmentFacts;
  }
}

/** Starts the servers once for all integration tests, with the CustomResourceDefinition installed. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const environment = await startEnvironment({ log: (line) => console.error(line) });
  await environment.kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  await environment.kube.untilEstablished("dockerhosts.dockerhost.dev");
  project.provide("environment", environment.facts);
  return () => environment.stop();
}
