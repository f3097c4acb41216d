import type { DockerHostObject, StatusOwner } from "../../src/api/docker-host.ts";
import type { Resources } from "../../src/dockerhost/ports.ts";
import { keyOf } from "../../src/runtime/kube-object.ts";
import { statusProblems, transitionProblems } from "./condition-checker.ts";

/** The same resources, where each status that is stored through them is held to the contract of conditions. */
export function checkedResources(resources: Resources, onProblem: (problem: string) => void): Resources {
  return {
    getHost: (key) => resources.getHost(key),
    duplicatesOf: (host, engineId) => resources.duplicatesOf(host, engineId),
    getSecret: (namespace, name, signal) => resources.getSecret(namespace, name, signal),
    recordEvent: (host, event) => resources.recordEvent(host, event),
    async saveStatus(host, owner, status, signal, options) {
      const before = resources.getHost(keyOf(host));
      const saved = await resources.saveStatus(host, owner, status, signal, options);
      savedProblems(before, resources.getHost(keyOf(host)), owner).forEach(onProblem);
      return saved;
    },
  };
}

/** What is wrong with a host as it is after a status was stored, in words; nothing if it is gone. */
export function savedProblems(
  before: DockerHostObject | undefined,
  after: DockerHostObject | undefined,
  owner: StatusOwner,
): readonly string[] {
  if (after === undefined) return [];
  const problems = [...statusProblems(after), ...(before === undefined ? [] : transitionProblems(before, after))];
  return problems.map((problem) => `${keyOf(after)}, saved by ${owner}: ${problem}`);
}
