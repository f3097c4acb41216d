import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/support/temp-folder.ts";
import { BUNDLE_OPTIONS } from "./bundle-options.ts";

/** Bundles a module, and returns the path of its file. */
async function bundle(contents: string): Promise<string> {
  const file = join(await temporaryFolder(), "bundle.mjs");
  await build({ ...BUNDLE_OPTIONS, stdin: { contents, resolveDir: "." }, outfile: file });
  return file;
}

/** Bundles a module, runs it, and returns what it prints. */
async function run(contents: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [await bundle(contents)])).stdout.trim();
}

describe("a bundled module", () => {
  it("uses Node's modules, however they are imported, and does not load Node's undici by that", async () => {
    const printed = await run(`
      import http, { Agent } from "node:http";
      import * as https from "https";
      import { setTimeout as sleep } from "node:timers/promises";
      const tls = require("tls");
      const { lookup } = await import("node:dns");
      const loads = (name) => process.moduleLoadList.some((each) => each.includes(name));
      const found = [http.request, Agent, https.request, sleep, tls.connect, lookup].map((each) => typeof each);
      console.log(JSON.stringify({ found, http: loads("NativeModule http"), undici: loads("undici") }));
    `);
    expect(JSON.parse(printed)).toEqual({ found: Array(6).fill("function"), http: true, undici: false });
  });

  it("does not load what Node's utilities need only when they are used", async () => {
    const printed = await run(`
      import { inspect, promisify } from "node:util";
      import * as all from "util";
      const required = require("node:util");
      const found = [inspect, promisify, all.inherits, required.format, new required.TextEncoder().encode].map((each) => typeof each);
      const loads = (name) => process.moduleLoadList.some((each) => each.endsWith(" " + name));
      console.log(JSON.stringify([found, loads("worker_threads"), typeof all.parseArgs, loads("internal/util/parse_args/parse_args")]));
    `);
    expect(JSON.parse(printed)).toEqual([Array(5).fill("function"), false, "function", true]);
  });

  it("loads a package that a start does not need only when it is used", async () => {
    const printed = await run(`
      import ssh2 from "ssh2";
      import { RE2JS } from "re2js";
      import { Document, parse } from "yaml";
      import { Cron } from "croner";
      import { compare, Range } from "semver";
      import { createRequire } from "node:module";
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).map((path) => /(\\w+)-\\w+\\.cjs$/.exec(path)?.[1]);
      const before = loaded();
      const isClient = new ssh2.Client() instanceof ssh2.Client;
      console.log(JSON.stringify([before, isClient, typeof ssh2.utils.parseKey, loaded()]));
      console.log(JSON.stringify([RE2JS.compile("a+").matches("aa"), parse("a: 1"), String(new Document({ b: 2 })).trim()]));
      console.log(JSON.stringify([new Cron("0 4 * * *").nextRun() instanceof Date, compare("1.0.0", "2.0.0"), new Range("^1").test("1.2.3")]));
    `);
    expect(printed.split("\n").map((line) => JSON.parse(line))).toEqual([
      [[], true, "function", ["ssh2"]],
      [true, { a: 1 }, "b: 2"],
      [true, -1, true],
    ]);
  });

  it("finds the files of such packages in its own folder, wherever it is started", async () => {
    const file = await bundle(`import { parse } from "yaml"; console.log(parse("a: [b]").a[0]);`);
    expect((await promisify(execFile)(process.execPath, [file], { cwd: "/" })).stdout.trim()).toBe("b");
    const names = await readdir(join(file, ".."));
    expect(names.filter((name) => name.endsWith(".cjs"))).toEqual([expect.stringMatching(/^yaml-\w+\.cjs$/)]);
  });

  it("lists the code of such packages for the licences", async () => {
    const options = {
      ...BUNDLE_OPTIONS,
      stdin: { contents: `import "ssh2";`, resolveDir: "." },
      write: false,
    } as const;
    const { metafile } = await build({ ...options, metafile: true, outfile: "bundle.mjs" });
    const inputs = Object.keys(metafile.inputs);
    for (const name of ["ssh2", "bcrypt-pbkdf", "asn1"]) {
      expect(inputs).toContainEqual(expect.stringContaining(`node_modules/${name}/`));
    }
  });

  it("has zod without its messages in other languages", async () => {
    const printed = await run(`
      import { z } from "zod";
      console.log(z.string().safeParse(1).error.issues[0].message, "de" in z.locales);
    `);
    expect(printed).toBe("Invalid input: expected string, received number false");
  });

  it("has the clients of undici, without what only browsers need", async () => {
    const printed = await run(`
      import { Agent, buildConnector, request } from "undici";
      import { createServer } from "node:http";
      const server = createServer((sent, answer) => sent.pipe(answer)).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const dispatcher = new Agent({ connect: buildConnector({}) });
      const echo = async (body) => {
        const answer = await request("http://127.0.0.1:" + server.address().port, { method: "POST", body, dispatcher });
        return await answer.body.text();
      };
      async function* parts() { yield "in "; yield "parts"; }
      const echoed = [await echo("whole"), await echo(Buffer.from("bytes")), await echo(parts())];
      const loads = (name) => process.moduleLoadList.some((each) => each.includes(name));
      console.log(JSON.stringify([...echoed, loads("undici"), loads("http2")]));
      await dispatcher.close();
      server.close();
    `);
    expect(JSON.parse(printed)).toEqual(["whole", "bytes", "in parts", false, false]);
  });

  it("writes each line of the log before the next statement, with Node's own streams", async () => {
    const printed = await run(`
      import { createLogger } from "./src/telemetry/winston-logger.ts";
      const lines = [];
      const stream = { write: (text) => lines.push(JSON.parse(text).number) };
      const logger = createLogger({ level: "info", encoding: "json", stream, clock: { now: () => 0 } });
      const counts = Array.from({ length: 100 }, (_, number) => {
        logger.info("Said", { number });
        return lines.length;
      });
      logger.debug("Not said");
      console.log(JSON.stringify({ lines, counts }));
    `);
    const numbers = [...Array(100).keys()];
    expect(JSON.parse(printed)).toEqual({ lines: numbers, counts: numbers.map((number) => number + 1) });
  });

  it("has the metrics of one process", async () => {
    const printed = await run(`
      import { Counter, Registry, collectDefaultMetrics } from "prom-client";
      const registry = new Registry();
      collectDefaultMetrics({ register: registry });
      new Counter({ name: "said", help: "x", registers: [registry] }).inc();
      const text = await registry.metrics();
      const loads = process.moduleLoadList.some((each) => each.endsWith(" cluster"));
      console.log(JSON.stringify([text.includes("\\nsaid 1"), text.includes("process_resident_memory_bytes"), loads]));
    `);
    expect(JSON.parse(printed)).toEqual([true, true, false]);
  });

  it("has packages that are called like a module of Node", async () => {
    expect(await run(`import bcrypt from "bcrypt-pbkdf"; console.log(typeof bcrypt.pbkdf);`)).toBe("function");
  });
});
