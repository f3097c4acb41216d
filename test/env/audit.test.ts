import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { otherAuditLog, planAudit, readAudit } from "./audit.ts";

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "audit-"));
  folder = (await planAudit(parent)).folder;
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFile(join(folder, name), text);

async function verbs(): Promise<string[]> {
  const found: string[] = [];
  for await (const { verb } of readAudit(folder)) found.push(verb);
  return found;
}

describe("readAudit", () => {
  it("reads all files, and leaves out a line that was cut off", async () => {
    await write("audit-2026-01-02T03-04-05.678.log", '{"verb":"get"}\n{"verb":"list"}\n');
    await write("audit.log", '{"verb":"watch"}\n{"verb":"pat');
    await write("uncached.log", '{"verb":"create"}\n');
    expect(await verbs()).toEqual(["get", "list", "watch", "create"]);
  });

  it("fails where the oldest file may have been deleted", async () => {
    await write("audit-2026-01-02T03-04-05.678.log", "");
    await write("audit-2026-01-02T04-04-05.678.log", "");
    await expect(verbs()).rejects.toThrow("the audit log is full");
  });
});

it("another server writes to a file of its own in the same folder", async () => {
  expect(otherAuditLog(["--audit-log-path=/run/audit/audit.log", "--a=b"], "other")).toEqual([
    "--audit-log-path=/run/audit/other.log",
    "--a=b",
  ]);
});
