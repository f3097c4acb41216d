import { describe, expect, it } from "vitest";
import { fakeCli } from "../../../test/support/cli.ts";
import { BAD, BEFORE, GOOD, imageOf, MemoryDaemon } from "../../../test/support/memory-daemon.ts";
import type { Plans } from "./plans.ts";
import { carryOut } from "./run-plans.ts";

const MISSING = `sha256:${"9".repeat(64)}`;

/** Updates each container to its digest, as `--all` does. */
async function updateAll(wanted: Readonly<Record<string, string>>, before: (daemon: MemoryDaemon) => void = () => {}) {
  const daemon = new MemoryDaemon();
  const planned: Plans["planned"][number][] = [];
  for (const [container, digest] of Object.entries(wanted)) {
    const id = daemon.run(container);
    const plan = { containers: [{ name: container, id, action: "Replace" }], warnings: [], stopMs: 10_000 } as const;
    planned.push({
      target: { container, image: imageOf(container), digest },
      plan: { ...plan, before: { imageId: BEFORE, image: imageOf(container) } },
      warnings: [],
      request: daemon.request(container, digest),
    });
  }
  before(daemon);
  const context = fakeCli();
  const code = await carryOut(planned, { surface: "flags", ports: (more) => daemon.ports(more) }, false, context);
  const errors = context.stderr.text.split("\n").filter((line) => line.startsWith("error:"));
  return { code, daemon, stdout: context.stdout.text, errors };
}

const running = (daemon: MemoryDaemon) =>
  Object.fromEntries([...daemon.containers.values()].map(({ name, imageId }) => [name, imageId]));

describe("several updates", () => {
  it("are all carried out although one is rolled back, which the exit code says", async () => {
    const { code, daemon, stdout, errors } = await updateAll({ api: GOOD, db: BAD, web: GOOD });
    expect(code).toBe(4);
    expect(running(daemon)).toEqual({ api: GOOD, db: BEFORE, web: GOOD });
    expect(stdout).toMatch(/^api now runs .*\n(?:.*\n)*web now runs /);
    expect(errors).toEqual([
      expect.stringMatching(/^error: db was not updated, and the old container is back as it was/),
    ]);
  });

  it.each([
    ["alone", { api: GOOD, db: MISSING, web: GOOD }],
    ["next to one that is rolled back", { api: BAD, db: MISSING, web: GOOD }],
  ])("exit with 1 if one fails without a change, %s", async (_, wanted) => {
    const { code, daemon, errors } = await updateAll(wanted);
    expect(code).toBe(1);
    expect(running(daemon)).toMatchObject({ db: BEFORE, web: GOOD });
    expect(errors.at(-1)).toMatch(/^error: db was not updated, and nothing was changed/);
  });

  it("continue if a container was removed after the plan was shown", async () => {
    const { code, daemon, errors } = await updateAll({ api: GOOD, web: GOOD }, (each) => {
      each.containers.delete(each.get("api")?.id ?? "");
    });
    expect(code).toBe(1);
    expect(running(daemon)).toEqual({ web: GOOD });
    expect(errors).toHaveLength(1);
  });

  it("end, and name what was not touched, once another program changes the daemon", async () => {
    const other = { name: `other.dockerhost-${"a".repeat(12)}-old`, state: "exited" } as const;
    const { code, daemon, errors } = await updateAll({ api: GOOD, web: GOOD }, (each) =>
      each.set(each.run("other"), other),
    );
    expect(code).toBe(1);
    expect(running(daemon)).toMatchObject({ api: BEFORE, web: BEFORE });
    expect(errors.at(-1)).toBe("error: Not updated, and not touched: web");
  });
});
