import { describe, expect, it } from "vitest";
import { type CliOptions, fakeCli } from "../../../test/support/cli.ts";
import { intercepted } from "../../../test/support/intercepted.ts";
import { MemoryDaemon } from "../../../test/support/memory-daemon.ts";
import { BAD, BEFORE, GOOD, imageOf } from "../../../test/support/memory-images.ts";
import type { ReplacementPorts } from "../../replacement/request.ts";
import type { Plans } from "./plans.ts";
import { carryOut } from "./run-plans.ts";

const MISSING = `sha256:${"9".repeat(64)}`;

/** Updates each container to its digest, as `--all` does. */
async function updateAll(
  wanted: Readonly<Record<string, string>>,
  before: (daemon: MemoryDaemon) => void = () => {},
  through: Parameters<typeof intercepted>[1] = (_, send) => send(),
  cli: CliOptions = {},
) {
  const daemon = new MemoryDaemon();
  const planned: Plans["planned"][number][] = [];
  for (const [container, digest] of Object.entries(wanted)) {
    const id = daemon.run(container);
    const plan = {
      containers: [{ name: container, id, action: "Replace" }],
      warnings: [],
      hooks: [],
      stopMs: 10_000,
    } as const;
    planned.push({
      target: { container, image: imageOf(container), digest },
      plan: { ...plan, before: { imageId: BEFORE, image: imageOf(container) } },
      warnings: [],
      request: daemon.request(container, digest),
    });
  }
  before(daemon);
  const context = fakeCli(cli);
  const ports = (more?: Partial<ReplacementPorts>) => ({
    ...daemon.ports(more),
    open: () => intercepted(daemon.ports().open(), through),
  });
  const code = await carryOut(planned, { surface: "flags", ports }, false, context);
  const errors = context.stderr.text.split("\n").filter((line) => line.startsWith("error:"));
  return { code, daemon, stdout: context.stdout.text, stderr: context.stderr.text, errors };
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

  it.each(["pull", "create", "stop", "start", "remove"])(
    "stopped by Ctrl-C at the first %s settle that container, and name those that were not touched",
    async (step) => {
      const stop = new AbortController();
      const { code, daemon, errors, stdout } = await updateAll(
        { api: GOOD, db: GOOD, web: GOOD },
        undefined,
        (request, send) => {
          if (request === step) stop.abort();
          return send();
        },
        { signal: stop.signal },
      );
      expect(code).toBe(1);
      expect(daemon.list).toEqual(["api running", "db running", "web running"]);
      const isDone = step === "remove";
      expect(running(daemon)).toEqual({ api: isDone ? GOOD : BEFORE, db: BEFORE, web: BEFORE });
      expect(stdout.includes("api now runs")).toBe(isDone);
      expect(errors).toEqual([
        ...(isDone ? [] : [expect.stringMatching(/^error: api was not updated, and the old container is as/)]),
        "error: Not updated, and not touched: db, web",
      ]);
    },
  );

  it("say in 80 columns how each ended", async () => {
    const cli = { terminal: true, columns: 80, env: { NO_COLOR: "1" } };
    const { code, stdout, stderr } = await updateAll(
      { api: GOOD, db: BAD, mail: MISSING, web: GOOD },
      undefined,
      undefined,
      cli,
    );
    expect(code).toBe(1);
    expect(stdout.replace(/down for \S+\./g, "down for 1s.").split("\n")).toEqual([
      "api now runs sha256:222222222222, and was down for 1s.",
      "web now runs sha256:222222222222, and was down for 1s.",
      "",
    ]);
    const said = stderr
      .split("\u001b")
      .map((text) =>
        text
          .replace(/^[^\n]*(?=error: )/, "")
          .split("\n")
          .slice(0, -1),
      )
      .filter(([first]) => first?.startsWith("error: "));
    expect(said).toEqual([
      [
        "error: db was not updated, and the old container is back as it was. The new",
        "container db ended (exit code 1). Read the logs of a container of the new image,",
        "then update to a corrected image.",
      ],
      [
        "error: mail was not updated, and nothing was changed. The daemon refuses to",
        "pull. Correct the image's name, or push the image.",
      ],
    ]);
  });
});
