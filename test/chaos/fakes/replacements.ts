import { expect } from "vitest";
import { success } from "../../../src/common/result.ts";
import { recover } from "../../../src/replacement/recover.ts";
import { replace } from "../../../src/replacement/replace.ts";
import type {
  MemberRecord,
  ReplacementPorts,
  ReplacementRequest,
  ReplacementResult,
} from "../../../src/replacement/request.ts";
import { LABEL } from "../../../src/replacement/transaction-label.ts";
import { FakeEngine, ROLE } from "../../support/fake-engine.ts";
import { InstantClock } from "../../support/instant-clock.ts";
import type { Mortal } from "./mortal.ts";

const NAME = "shop/web:1";
const OLD = "sha256:old";
const NEW = "sha256:new";
const DIGEST = `sha256:${"d".repeat(64)}`;
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
  readonly engine = new FakeEngine();
  readonly #story: Story;
  #records: readonly MemberRecord[] = [];
  #begun = false;
  readonly #warnings: string[] = [];
  readonly old: string;

  constructor(story: Story) {
    this.#story = story;
    const { engine } = this;
    engine.images.set(OLD, { digest: "sha256:before", runs: "well" });
    engine.images.set(NEW, { digest: DIGEST, runs: story.ends === "Succeeded" ? "well" : "sick" });
    engine.tags.set(NAME, OLD);
    engine.tags.set("shop/side:1", "sha256:side");
    engine.images.set("sha256:side", { digest: "sha256:aside", runs: "well" });
    const policy = { Name: story.policy ?? "always" };
    this.old = engine.run("web", NAME, { policy, labels: { [ROLE]: "web", ...story.labels } });
    if (story.withOthers !== true) return;
    engine.run("side", "shop/side:1", { policy, networkMode: `container:${this.old}` });
    engine.run("client", "shop/side:1", { labels: { [ROLE]: "client", "dockerhost.dev/depends-on": "web" } });
  }

  /** What is left of a process outside of it. */
  state(): string {
    return `${this.engine.snapshot()} ${JSON.stringify(this.#records)}`;
  }

  /** As the programs do: they finish or undo what was left, and begin again what was undone. */
  async process(mortal: Mortal): Promise<ReplacementResult> {
    const ports = this.#ports(mortal);
    for (let tries = 0; ; tries++) {
      const recovered = await recover(ports, this.#records);
      if (!recovered.ok) return { kind: "Interrupted", failure: recovered.failure };
      const [found] = recovered.value;
      const isUndone = found?.result.kind === "RolledBack" && found.result.failure.reason === "UpdateUndone";
      if (found !== undefined && !isUndone) return found.result;
      const request: ReplacementRequest = {
        container: "web",
        image: NAME,
        digest: DIGEST,
        health: { timeoutMs: 0, stableForMs: 0 },
        onFailure: "RollBack",
        removeOldImage: false,
        hooks: "Disabled",
        isResumed: this.#begun,
        ...this.#story.request,
      };
      const result = await replace(request, ports);
      if (result.kind === "Succeeded") this.#warnings.push(...result.warnings);
      if (result.kind !== "Interrupted" || tries > 3) return result;
    }
  }

  /** Nothing is left over, everything runs, and what the update was for is done. */
  expectEnd(when: string): void {
    const { engine } = this;
    const { ends, policy = "always", request, withOthers } = this.#story;
    const isNew = ends === "Succeeded";
    const main = engine.named("web");
    const found = [...engine.containers.values()].map(({ name, status, policy: { Name }, image, networkMode }) =>
      [name, status, Name, image, networkMode.replace(main?.id ?? "-", "web")].join(" "),
    );
    expect(found.toSorted(), when).toEqual(
      [
        `web running ${policy} ${isNew ? NEW : OLD} none`,
        ...(withOthers
          ? [`side running ${policy} sha256:side container:web`, "client running always sha256:side none"]
          : []),
      ].toSorted(),
    );
    if (!isNew) expect(main?.id, when).toBe(this.old);
    expect(Object.hasOwn(main?.labels ?? {}, LABEL), when).toBe(isNew);
    expect(engine.tags.get(NAME), when).toBe(isNew ? NEW : OLD);
    if (request?.removeOldImage === true) expect([...engine.images.keys()], when).not.toContain(OLD);
    else expect([...engine.images.keys()], when).toContain(OLD);
    // A hook whose start was not answered may run, so it is not run again, and that is said.
    if (request?.hooks === "Labels" && this.#warnings.length === 0)
      expect(engine.hooks, when).toContain(`post in ${NEW}`);
    if (withOthers && isNew) expect(engine.named("client")?.starts, when).toBeGreaterThan(1);
    expect(engine.violations, when).toEqual([]);
  }

  #ports(mortal: Mortal): ReplacementPorts {
    return {
      open: () => this.engine.access((call) => mortal.call(call)),
      engine: { name: "Docker", apiVersion: "1.45", os: "linux", arch: "amd64" },
      writer: { owner: "tests", term: 0 },
      clock: new InstantClock(),
      random: () => 0.5,
      mayChange: () => true,
      record: async ({ members }) =>
        await mortal.call(async () => {
          this.#records = members;
          this.#begun = true;
          return success(undefined);
        }),
      signal: mortal.signal,
    };
  }
}
