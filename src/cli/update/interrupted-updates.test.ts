import { describe, expect, it } from "vitest";
import { fakeCli } from "../../../test/support/cli.ts";
import { InstantClock } from "../../../test/support/instant-clock.ts";
import { intercepted } from "../../../test/support/intercepted.ts";
import { MemoryDaemon } from "../../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf } from "../../../test/support/memory-images.ts";
import { planReplacement, replace } from "../../replacement/replace.ts";
import type { ReplacementPorts } from "../../replacement/request.ts";
import { OWNER } from "./daemon.ts";
import { carryOut } from "./run-plans.ts";
import { settleUnfinished } from "./settle-unfinished.ts";

/** At which changing request of a command something happens, and what. */
interface Strike {
  /** From 1. */
  readonly change: number;
  readonly when: "before" | "after";
  readonly act: (command: Command) => void;
}

/** `dockerhost update web --yes`, once the host was checked. */
class Command {
  readonly #strike: Strike | undefined;
  readonly #death = Promise.withResolvers<never>();
  readonly #interrupt = new AbortController();
  changes = 0;
  /** The request at which something happened. */
  struck = "";
  #isDead = false;

  constructor(strike?: Strike) {
    this.#strike = strike;
  }

  /** As by SIGKILL: nothing that it does from now on reaches anything, and no answer reaches it. */
  kill(): void {
    this.#isDead = true;
    this.#death.reject(new Error("killed"));
  }

  pressCtrlC(): void {
    this.#interrupt.abort(new Error("stopped by SIGINT"));
  }

  /** Its exit code with everything that it says; or how it ended otherwise. */
  async run(daemon: MemoryDaemon, digest: string): Promise<{ readonly code: number | string; readonly text: string }> {
    const context = { ...fakeCli({ signal: this.#interrupt.signal }), clock: this.#clock() };
    const ports = (more?: Partial<ReplacementPorts>) => ({
      ...daemon.ports(more),
      open: () => intercepted(daemon.ports().open(), (name, send, isChange) => this.#request(name, send, isChange)),
      writer: { owner: OWNER, term: 0 },
      clock: context.clock,
    });
    const host = { surface: "flags", ports } as const;
    const work = async () => {
      const settled = await settleUnfinished(host, "edge-7", { healthTimeout: 60_000, yes: true }, context);
      if (settled !== undefined) return settled;
      const request = daemon.request("web", digest);
      const plan = await planReplacement(request, ports());
      if (!plan.ok) throw new Error(plan.failure.message);
      const bound = { ...request, replaces: plan.value.before.imageId };
      const target = { container: "web", image: imageOf("web"), digest };
      return await carryOut([{ target, plan: plan.value, warnings: [], request: bound }], host, false, context);
    };
    const code = await Promise.race([work(), this.#death.promise]).catch((error: Error) => error.message);
    if (this.changes < (this.#strike?.change ?? 0)) throw new Error(`it made only ${this.changes} changes`);
    return { code, text: (context.stdout.text + context.stderr.text).replace(/\s+/g, " ") };
  }

  async #request<T>(name: string, send: () => Promise<T>, isChange: boolean): Promise<T> {
    if (isChange && !this.#isDead) this.changes++;
    const isStruck = isChange && this.changes === this.#strike?.change;
    if (isStruck) this.struck = name;
    if (isStruck && this.#strike?.when === "before") this.#strike.act(this);
    const answer = this.#isDead ? undefined : await send();
    if (isStruck && this.#strike?.when === "after") this.#strike.act(this);
    return answer === undefined || this.#isDead ? await new Promise<T>(() => undefined) : answer;
  }

  /** The timers of a process end with it. */
  #clock(): InstantClock {
    const isDead = () => this.#isDead;
    return new (class extends InstantClock {
      override after(ms: number, callback: () => void): () => void {
        return super.after(ms, () => {
          if (!isDead()) callback();
        });
      }
    })();
  }
}

/** A daemon with `web` on the first image. */
function begin() {
  const daemon = new MemoryDaemon();
  const id = daemon.run("web");
  const expectOne = (when: string) => {
    expect(daemon.list, when).toEqual(["web running"]);
    expect(daemon.get("web"), when).toMatchObject({ policy: { Name: "always" } });
  };
  /** One container, of which every part is as it was or as it was wanted. */
  const expectOnly = (digest: string, when: string) => {
    expectOne(when);
    expect([daemon.get("web")?.imageId, daemon.tags.get(imageOf("web"))], when).toEqual([digest, digest]);
    expect(daemon.get("web")?.id === id, when).toBe(digest === BEFORE);
  };
  return { daemon, expectOne, expectOnly };
}

/** Right before and right after each change of an update that nobody interrupts. */
async function momentsOf(digest: string) {
  const { daemon } = begin();
  let count = 0;
  const open = () =>
    intercepted(daemon.ports().open(), (_, send, isChange) => {
      if (isChange) count++;
      return send();
    });
  await replace(daemon.request("web", digest), daemon.ports({ open }));
  const changes = Array.from({ length: count }, (_, index) => index + 1);
  return changes.flatMap((change) => (["before", "after"] as const).map((when) => ({ when, change })));
}

describe("the plan of the command after one that was killed", () => {
  it.each([
    ["before the tag", 2, "before", 0],
    ["right after the tag, which nothing but the name shows", 2, "after", 1],
  ] as const)("%s", async (_, change, when, warnings) => {
    const { daemon } = begin();
    await new Command({ change, when, act: (command) => command.kill() }).run(daemon, GOOD);
    const plan = await planReplacement(daemon.request("web", GOOD), daemon.ports());
    expect(plan).toMatchObject({ ok: true, value: { warnings: { length: warnings } } });
  });
});

const AS_BEFORE = /web was not updated, and the old container is as it was/;
const IS_BACK = /web was not updated, and the old container is back as it was/;
const kill = (command: Command) => command.kill();
const pressCtrlC = (command: Command) => command.pressCtrlC();

describe.each([
  ["an update", GOOD, await momentsOf(GOOD)],
  ["a rollback", BAD, await momentsOf(BAD)],
] as const)("%s by the command line", (_, digest, moments) => {
  /** What a command does that nobody interrupts. */
  const ends = digest === GOOD ? { code: 0, image: GOOD } : { code: 4, image: BEFORE };

  it("makes its changes", () => expect(moments.length).toBeGreaterThanOrEqual(digest === GOOD ? 18 : 30));

  it.each(moments)("killed $when its change $change is finished or undone by the next command", async (moment) => {
    const { daemon, expectOnly } = begin();
    expect((await new Command({ ...moment, act: kill }).run(daemon, digest)).code).toBe("killed");
    const left = daemon.get("web");
    const { code, text } = await new Command().run(daemon, digest);
    expect(code, text).toBe(ends.code);
    expectOnly(ends.image, text);
    if (text.includes("the unfinished update of web was finished")) {
      expect([left?.imageId, text]).toEqual([GOOD, expect.stringContaining("web already runs")]);
    }
    if (text.includes("the unfinished update of web was undone")) expect(text).toMatch(/web now runs|was not updated/);
  });

  it.each(moments)(
    "stopped by Ctrl-C $when its change $change says what it leaves, and that is true",
    async (moment) => {
      const { daemon, expectOnly } = begin();
      const command = new Command({ ...moment, act: pressCtrlC });
      const { code, text } = await command.run(daemon, digest);
      expect(text).toContain("Stopping: web is put back as it was, or finished if it is almost done");
      expect([code, text]).toEqual(
        code === 0
          ? [0, expect.stringMatching(/web now runs/)]
          : [code, expect.stringMatching(code === 4 ? IS_BACK : AS_BEFORE)],
      );
      if (code !== 0 && code !== 4) expect(code).toBe(1);
      // Once the new container has proved itself, only the old one and names of the image have to be removed.
      expect(code === 0).toBe(digest === GOOD && command.struck.startsWith("remove"));
      expectOnly(code === 0 ? GOOD : BEFORE, text);
      // Nothing is left for the next command.
      const again = await new Command().run(daemon, digest);
      expect(again.text).not.toContain("unfinished");
      expect(again.code).toBe(ends.code);
      expectOnly(ends.image, again.text);
    },
  );

  // Before a change, a kill leaves what it leaves after the one before it.
  it.each(moments.filter(({ when }) => when === "after"))(
    "killed $when its change $change is recovered although the recovery is interrupted too",
    async (moment) => {
      const act = digest === GOOD ? pressCtrlC : kill;
      for (let change = 1, isOver = false; !isOver; change++) {
        const { daemon, expectOnly, expectOne } = begin();
        await new Command({ ...moment, act: kill }).run(daemon, digest);
        const second = await new Command({ change, when: "after", act }).run(daemon, digest).catch(() => undefined);
        isOver = second === undefined;
        if (act === pressCtrlC && second !== undefined) expectOne(second.text);
        const third = await new Command().run(daemon, digest);
        expect(third.code, third.text).toBe(ends.code);
        expectOnly(ends.image, third.text);
      }
    },
  );
});
