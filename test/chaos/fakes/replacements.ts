import { expect } from "vitest";
import { success } from "../../../src/common/result.ts";
import { recover } from "../../../src/replacement/recover.ts";
import { replace } from "../../../src/replacement/replace.ts";
import type {
  Progress,
  ReplacementPorts,
  ReplacementRequest,
  ReplacementResult,
} from "../../../src/replacement/request.ts";
import { LABEL } from "../../../src/replacement/transaction-label.ts";
import { MemoryDaemon } from "../../support/memory-daemon.ts";
import { BEFORE, GOOD, imageOf, SICK } from "../../support/memory-images.ts";
import type { Mortal } from "./mortal.ts";

const HOOKS = {
  "dockerhost.dev/lifecycle.pre-update": "pre",
  "dockerhost.dev/lifecycle.post-update": "post",
};

/** An update, and how it ends whatever happens in between. */
export interface Story {
  readonly name: string;
  readonly ends: "Succeeded" | "RolledBack";
  readonly policy?: string;
  readonly request?: Partial<ReplacementRequest>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly withOthers?: true;
}

export const STORIES: readonly Story[] = [
  { name: "an update", ends: "Succeeded" },
  { name: "a rollback", ends: "RolledBack" },
  { name: "an update of a container that is restarted on failure", ends: "Succeeded", policy: "on-failure" },
  { name: "a rollback of a container that is restarted unless stopped", ends: "RolledBack", policy: "unless-stopped" },
  { name: "an update with dependants", ends: "Succeeded", withOthers: true },
  { name: "a rollback with dependants", ends: "RolledBack", withOthers: true },
  {
    name: "an update with hooks that removes the old image",
    ends: "Succeeded",
    request: { hooks: "Labels", removeOldImage: true },
    labels: HOOKS,
  },
];

/** The daemon of one story, and the processes that work on it one after the other. */
export class Replacements {
  readonly daemon = new MemoryDaemon("graph driver");
  readonly #story: Story;
  readonly #digest: string;
  #stored: Progress | undefined;
  #begun = false;
  readonly #warnings: string[] = [];
  readonly old: string;

  constructor(story: Story) {
    this.#story = story;
    this.#digest = story.ends === "Succeeded" ? GOOD : SICK;
    const { daemon } = this;
    const policy = { Name: story.policy ?? "always" };
    this.old = daemon.run("web", story.labels, { policy });
    if (story.withOthers !== true) return;
    daemon.run("side", {}, { policy, networkMode: `container:${this.old}` });
    daemon.run("client", { "dockerhost.dev/depends-on": "web" });
  }

  /** What is left of a process outside of it. */
  state(): string {
    return `${this.daemon.snapshot()} ${JSON.stringify(this.#stored)}`;
  }

  /** As the programs do: they finish or undo what was left, and begin again what was undone. */
  async process(mortal: Mortal): Promise<ReplacementResult> {
    const ports = this.#ports(mortal);
    for (let tries = 0; ; tries++) {
      const recovered = await recover(ports, this.#stored);
      if (!recovered.ok) return { kind: "Interrupted", failure: recovered.failure };
      const [found] = recovered.value;
      const isUndone = found?.result.kind === "RolledBack" && found.result.failure.reason === "UpdateUndone";
      if (found !== undefined && !isUndone) return found.result;
      const request = this.daemon.request("web", this.#digest, {
        health: { timeoutMs: 0, stableForMs: 0 },
        isResumed: this.#begun,
        ...this.#story.request,
      });
      const result = await replace(request, ports);
      if (result.kind === "Succeeded") this.#warnings.push(...result.warnings);
      if (result.kind !== "Interrupted" || tries > 3) return result;
    }
  }

  /** Nothing is left over, everything runs, and what the update was for is done. */
  expectEnd(when: string): void {
    const { daemon } = this;
    const { ends, policy = "always", request, withOthers } = this.#story;
    const isNew = ends === "Succeeded";
    const { ids } = daemon.images;
    const [before, now] = [daemon.images.idOf(BEFORE), daemon.images.idOf(isNew ? GOOD : BEFORE)];
    const main = daemon.get("web");
    const found = [...daemon.containers.values()].map(({ name, state, policy: { Name }, imageId, networkMode }) =>
      [name, state, Name, imageId, networkMode.replace(main?.id ?? "-", "web")].join(" "),
    );
    expect(found.toSorted(), when).toEqual(
      [
        `web running ${policy} ${now} none`,
        ...(withOthers
          ? [`side running ${policy} ${before} container:web`, `client running always ${before} none`]
          : []),
      ].toSorted(),
    );
    if (!isNew) expect(main?.id, when).toBe(this.old);
    expect(Object.hasOwn(main?.labels ?? {}, LABEL), when).toBe(isNew);
    expect(daemon.tags.get(imageOf("web")), when).toBe(now);
    if (request?.removeOldImage === true) expect([...ids], when).not.toContain(before);
    else expect([...ids], when).toContain(before);
    // A hook whose start was not answered may run, so it is not run again, and that is said.
    if (request?.hooks === "Labels" && this.#warnings.length === 0)
      expect(daemon.hooks, when).toContain(`post in ${now}`);
    if (withOthers && isNew) expect(daemon.get("client")?.starts, when).toBeGreaterThan(1);
    expect(daemon.violations, when).toEqual([]);
  }

  #ports(mortal: Mortal): ReplacementPorts {
    return this.daemon.ports({
      open: () => this.daemon.access((call) => mortal.call(call)),
      engine: { name: "Docker", apiVersion: "1.45", os: "linux", arch: "amd64" },
      writer: { owner: "tests", term: 0 },
      record: async (progress) =>
        await mortal.call(async () => {
          this.#stored = progress;
          this.#begun = true;
          return success(undefined);
        }),
      signal: mortal.signal,
    });
  }
}
