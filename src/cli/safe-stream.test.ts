import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli, TextSink } from "../../test/support/cli.ts";
import { folderWith } from "../../test/support/folder-with.ts";
import { coloured } from "./condition-lines.ts";
import { SafeStream, writePainted } from "./safe-stream.ts";

const EVIL = "a\x1b[31mb\x1b]0;title\x07c\u202ed\x9b2Je\u2028\r";
const STEERING = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const lines = (text: string) => text.replaceAll("\n", "");

describe("SafeStream", () => {
  it("writes nothing that steers a terminal", () => {
    const sink = new TextSink();
    new SafeStream(sink).write(`${EVIL}\n\tx\n`);
    expect(sink.text).toBe("a\ufffd[31mb\ufffd]0;title\ufffdc\ufffdd\ufffd2Je\ufffd\ufffd\n\tx\n");
  });

  it("lets colours and the drawing of our own tables through, and nothing else", () => {
    const sink = new TextSink(true);
    const stream = new SafeStream(sink);
    const own = `\x1b[H${coloured("red", "x")}${coloured("bold", "y")}\x1b[K\n\x1b[J`;
    writePainted(stream, own);
    expect(sink.text).toBe(own);
    writePainted(stream, "\x1b]0;t\x07\x1b[2J\x1b[8m\x1b[5;5H");
    expect(sink.text.slice(own.length)).toBe("\ufffd]0;t\ufffd\ufffd[2J\ufffd[8m\ufffd[5;5H");
    expect([stream.isTTY, stream.columns]).toEqual([true, undefined]);
  });
});

describe("no command writes what others bring into it as it is", () => {
  it("names of Compose services, in messages and refusals", async () => {
    const services = { [EVIL]: { image: "nickfedor/watchtower", bad: 1 }, [`${EVIL}2`]: { image: "x/watchtower" } };
    const folder = await folderWith({ "c.json": JSON.stringify({ services }) });
    for (const args of [[], ["--service", `${EVIL}3`], ["--service", EVIL]]) {
      const { code, stdout, stderr } = await runCli([
        "manifest",
        "from-watchtower",
        "--compose",
        join(folder, "c.json"),
        ...args,
      ]);
      expect([code, lines(stdout + stderr)]).toEqual([2, expect.not.stringMatching(STEERING)]);
    }
  });

  it("names of contexts, and what they say", async () => {
    const id = createHash("sha256").update(EVIL).digest("hex");
    const meta = JSON.stringify({ Name: EVIL, Endpoints: { docker: { Host: `tcp://edge-7/${EVIL}` } } });
    const docker = { DOCKER_CONFIG: await folderWith({ [`contexts/meta/${id}/meta.json`]: meta }) };
    for (const args of [["--all"], [EVIL], ["other"]]) {
      const { stdout, stderr } = await runCli(["manifest", "from-context", ...args], { docker });
      expect(lines(stdout + stderr)).not.toMatch(STEERING);
    }
  });

  it.each(["yaml", "json"])("fields of manifests as %s, which say the same", async (output) => {
    const folder = await folderWith({});
    const { stdout } = await runCli([
      "manifest",
      "from-watchtower",
      "-o",
      output,
      "--",
      "watchtower",
      "--scope",
      "x\u202ey",
      "-H",
      "tcp://edge-7:2375",
    ]);
    expect(lines(stdout)).not.toMatch(STEERING);
    expect(stdout).toContain("x\\u202ey");
    expect(folder).not.toBe("");
  });

  it.each([["--wrong\x1b[31m"], ["check", "-f", "/nonexistent/\x1b[2J\u202e"], ["\x1b]0;x\x07"]])(
    "arguments: %j",
    async (...args) => {
      const { code, stdout, stderr } = await runCli(args);
      expect(code).not.toBe(0);
      expect(lines(stdout + stderr)).not.toMatch(STEERING);
    },
  );
});
