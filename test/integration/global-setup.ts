import type { TestProject } from "vitest/node";
import { definitionName } from "../../src/api/crd.ts";
import { KINDS } from "../../src/api/kinds.ts";
import { type EnvironmentFacts, startEnvironment } from "../env/environment.ts";
import type { KubeFacts } from "../env/kube.ts";
import { reportRights } from "./rights-report.ts";
import { StatusWatch } from "./status-watch.ts";

declare module "vitest" {
  export interface ProvidedContext {
    environment: EnvironmentFacts;
  }
}

/**
 * Starts the servers once for all tests of a project, with the CustomResourceDefinition installed. At the end every
 * status that was written in the run must have kept the contract of conditions, and every call of a controller must
 * have been the chart's to grant: else the run fails.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const environment = await startEnvironment({ log: (line) => console.error(line) });
  await environment.kube.kubectl(["apply", "--server-side", "-f", "crds/"]);
  for (const kind of KINDS) await environment.kube.untilEstablished(definitionName(kind));
  const statuses = new StatusWatch(environment.kube.facts);
  project.provide("environment", environment.facts);
  return async () => {
    try {
      // vitest ends with 1 when a teardown throws.
      await checkStatuses(project, statuses, environment.facts.kube);
    } finally {
      await environment.stop();
    }
  };
}

async function checkStatuses(project: TestProject, statuses: StatusWatch, kube: KubeFacts): Promise<void> {
  const { checked, problems } = await statuses.stop();
  console.error(`every status of the run: ${checked} checked, ${problems.length} violations`);
  const rights = await reportRights(kube, await isWhole(project));
  console.error(rights.text);
  const broken = [
    ...problems.map((problem) => `a status breaks the contract of conditions: ${problem}`),
    ...rights.rows
      .filter(({ kept }) => !kept)
      .map(({ promise, seen }) => `of rights it is promised that ${promise}: ${seen}`),
  ];
  if (broken.length > 0) throw new Error(`the run breaks what is promised of all of it:\n  ${broken.join("\n  ")}`);
}

/**
 * Whether every integration test ran and passed: not where some were chosen, left out or failed. The other projects use
 * only a part of what is granted.
 */
async function isWhole(project: TestProject): Promise<boolean> {
  if (project.name !== "integration") return false;
  const modules = project.vitest.state.getTestModules().filter((module) => module.project === project);
  const passed = modules.filter(
    (module) => module.ok() && [...module.children.allTests()].every((test) => test.result().state === "passed"),
  );
  const { testFiles } = await project.globTestFiles();
  return testFiles.every((file) => passed.some(({ moduleId }) => moduleId === file));
}
