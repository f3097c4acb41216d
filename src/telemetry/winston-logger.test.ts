import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createLogger, type LoggerOptions } from "./winston-logger.ts";

const PEM = "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----";

function capture(options: Partial<LoggerOptions> = {}) {
  let text = "";
  const stream = {
    write(chunk: string) {
      text += chunk;
    },
  };
  const logger = createLogger({ level: "info", encoding: "json", stream, clock: new FakeClock(), ...options });
  const lines = () => text.split("\n").slice(0, -1);
  return { logger, text: () => text, lines, objects: () => lines().map((line) => JSON.parse(line) as unknown) };
}

describe("the logger as JSON", () => {
  it("writes one object a line, the time by the clock", () => {
    const { logger, text } = capture();
    logger.info("Connection state changed", { reason: "Succeeded", generation: 3 });
    expect(text()).toBe(
      '{"ts":"2026-01-01T00:00:00.000Z","level":"info","msg":"Connection state changed","reason":"Succeeded","generation":3}\n',
    );
  });

  it.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("at level %s writes %j", (level, expected) => {
    const { logger, objects } = capture({ level });
    for (const each of ["debug", "info", "warn", "error"] as const) logger[each]("Said");
    expect(objects()).toMatchObject(expected.map((each) => ({ level: each })));
  });

  it("gives the fields of children to their lines, the nearest last", () => {
    const { logger, objects } = capture();
    const child = logger.child({ controller: "connection", name: "a" }).child({ name: "b" });
    child.info("Said", { reconcileID: "1" });
    child.info("Said", { name: "c" });
    logger.info("Said");
    expect(objects()).toMatchObject([
      { controller: "connection", name: "b", reconcileID: "1" },
      { controller: "connection", name: "c" },
      {},
    ]);
    expect(objects()[2]).not.toHaveProperty("controller");
  });

  it("keeps its own fields, and a message among the fields out of the message", () => {
    const { logger, objects } = capture();
    logger.warn("Said", { message: "more", level: "error", msg: "other", ts: "never" });
    expect(objects()).toEqual([{ ts: "2026-01-01T00:00:00.000Z", level: "warn", msg: "Said", message: "more" }]);
  });

  it("shows errors with their causes, which JSON would leave empty", () => {
    const { logger, objects } = capture();
    const cause = Object.assign(new Error("inner"), { code: "ECONNREFUSED" });
    logger.error("The reconciler threw", { error: new Error("outer", { cause }) });
    expect(objects()).toMatchObject([
      {
        error: {
          name: "Error",
          message: "outer",
          stack: expect.any(String),
          cause: { message: "inner", code: "ECONNREFUSED" },
        },
      },
    ]);
  });

  it("survives values that JSON cannot represent", () => {
    const { logger, objects } = capture();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    logger.info("Said", { loop, big: 12n, nothing: undefined, none: null, format: "%s %d %j" });
    expect(objects()).toMatchObject([{ msg: "Said", big: "12", none: null, format: "%s %d %j" }]);
  });

  it("keeps secrets out of every place", () => {
    const { logger, text } = capture();
    const error = new Error("outer", { cause: new AggregateError([new Error(PEM)], "several") });
    logger.error(`could not parse ${PEM}`, {
      error,
      detail: PEM,
      password: "CANARY",
      headers: { Authorization: "CANARY" },
    });
    logger.child({ token: "CANARY" }).info("Said");
    expect(text()).not.toContain("CANARY");
    expect(text()).toContain("[redacted]");
  });
});

describe("the logger for people", () => {
  const write = (fields: Readonly<Record<string, unknown>>, options: Partial<LoggerOptions> = {}) => {
    const { logger, text } = capture({ encoding: "console", ...options });
    logger.warn("Said", fields);
    return text();
  };

  it("writes time, level, message and fields, without the ids of runs", () => {
    expect(write({ name: "edge-7", count: 2, detail: "two words", reconcileID: "1" })).toBe(
      '2026-01-01T00:00:00Z WARN  Said name=edge-7 count=2 detail="two words"\n',
    );
  });

  it("writes errors as what failed, and why", () => {
    const refused = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" });
    expect(write({ error: new Error("GET /api", { cause: refused }) })).toBe(
      '2026-01-01T00:00:00Z WARN  Said error="GET /api: connect failed (ECONNREFUSED)"\n',
    );
    expect(write({ error: new AggregateError([new Error("one"), refused], "several") })).toBe(
      '2026-01-01T00:00:00Z WARN  Said error="several: one; connect failed (ECONNREFUSED)"\n',
    );
    expect(write({ error: new Error("outer", { cause: { status: 500 } }) })).toBe(
      `2026-01-01T00:00:00Z WARN  Said error=${JSON.stringify('outer: {"status":500}')}\n`,
    );
  });

  it("paints the level on a terminal", () => {
    expect(write({}, { colour: true })).toBe("2026-01-01T00:00:00Z \u001b[33mWARN \u001b[39m Said\n");
  });

  it("lets no text of another move the cursor or begin a line", () => {
    const text = write({ detail: "a\nERROR forged\u001b[2J", word: "x\u001b[31m", empty: "" });
    expect(text.split("\n").length).toBe(2);
    expect(text).not.toContain("\u001b");
    expect(text).toContain('empty=""');
  });

  it("shows by their numbers the control characters that JSON does not escape", () => {
    const { logger, text } = capture({ encoding: "console" });
    logger.info("Said", { container: "a\u009b2J \u202eb" });
    expect(text()).toContain('container="a\\u009b2J \\u202eb"');
  });

  it("keeps secrets out", () => {
    expect(write({ detail: PEM, password: "CANARY" })).not.toContain("CANARY");
  });
});
