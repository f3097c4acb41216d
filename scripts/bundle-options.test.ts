import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/support/temp-folder.ts";
import { BUNDLE_OPTIONS } from "./bundle-options.ts";

/** Bundles a module, runs it, and returns what it prints. */
async function run(contents: string): Promise<string> {
  const { outputFiles } = await build({ ...BUNDLE_OPTIONS, stdin: { contents, resolveDir: "." }, write: false });
  const file = join(await temporaryFolder(), "bundle.mjs");
  await writeFile(file, outputFiles[0]?.text ?? "");
  return (await promisify(execFile)(process.execPath, [file])).stdout.trim();
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

  it("runs a package that few need only when it is used", async () => {
    const printed = await run(`
      import ssh2 from "ssh2";
      const loaded = [];
      const load = process.getBuiltinModule;
      process.getBuiltinModule = (name) => (loaded.push(name), load(name));
      const isClient = new ssh2.Client() instanceof ssh2.Client;
      console.log(JSON.stringify([isClient, typeof ssh2.utils.parseKey, loaded.length > 0]));
    `);
    expect(JSON.parse(printed)).toEqual([true, "function", true]);
  });

  it("has the clients of undici, without what only browsers need", async () => {
    const printed = await run(`
      import { Agent, buildConnector, request } from "undici";
      import { createServer } from "node:http";
      const server = createServer((_, answer) => answer.end("found")).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const dispatcher = new Agent({ connect: buildConnector({}) });
      const { body } = await request("http://127.0.0.1:" + server.address().port, { dispatcher });
      console.log(JSON.stringify([await body.text(), process.moduleLoadList.some((each) => each.includes("undici"))]));
      await dispatcher.close();
      server.close();
    `);
    expect(JSON.parse(printed)).toEqual(["found", false]);
  });

  it("has packages that are called like a module of Node", async () => {
    expect(await run(`import bcrypt from "bcrypt-pbkdf"; console.log(typeof bcrypt.pbkdf);`)).toBe("function");
  });
});
