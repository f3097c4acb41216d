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

  it("has packages that are called like a module of Node", async () => {
    expect(await run(`import bcrypt from "bcrypt-pbkdf"; console.log(typeof bcrypt.pbkdf);`)).toBe("function");
  });
});
