import type { TestProject } from "vitest/node";
import { type EnvironmentFacts, startEnvironment } from "../env/environment.ts";
import { StatusWatch } from "./status-watch.ts";

declare module "vitest" {
  export interface ProvidedContext {
    environment: EnvironmentFacts;
  }
}

/**
 * Starts the servers once for all integration tests, with the CustomResourceDefinition installed. At the end every
 * status that was written in the run must have kept the contract of conditions: else the run fails.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const environment = await startEnvironment({ log: (line) => console.error(line) });
  await environment.kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  await environment.kube.untilEstablished("dockerhosts.dockerhost.dev");
  const statuses = new StatusWatch(environment.kube.facts);
  project.provide("environment", environment.facts);
  return async () => {
    const { checked, problems } = await statuses.stop();
    await environment.stop();
    console.error(`every status of the run: ${checked} checked, ${problems.length} violations`);
    // vitest ends with 1 when a teardown throws.
    if (problems.length > 0) throw new Error(`statuses break the contract of conditions:\n  ${problems.join("\n  ")}`);
  };
}
