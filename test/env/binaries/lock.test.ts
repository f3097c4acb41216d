import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { withLock } from "./lock.ts";

const noWait = () => {};

describe.runIf(process.platform === "linux")("withLock", () => {
  it("lets one holder in at a time, and the others after it", async () => {
    const name = randomUUID();
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock(name, noWait, work)));
    expect(most).toBe(1);
  });

  it("gives the lock back when the work fails", async () => {
    const name = randomUUID();
    await expect(withLock(name, noWait, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withLock(name, noWait, () => Promise.resolve("in"))).toBe("in");
  });

  it("says so when it has to wait", async () => {
    const name = randomUUID();
    const waited = Promise.withResolvers<void>();
    const first = withLock(name, noWait, () => waited.promise);
    await Promise.all([first, withLock(name, waited.resolve, () => Promise.resolve())]);
  });

  it("is free again when its holder was killed", async () => {
    const name = randomUUID();
    const module = new URL("./lock.ts", import.meta.url).href;
    const holder = spawn(process.execPath, [
      "--input-type=module",
      "--eval",
      `import { withLock } from ${JSON.stringify(module)};
       await withLock(${JSON.stringify(name)}, () => {}, () => { console.log("held"); return new Promise(() => setInterval(() => {}, 1000)); });`,
    ]);
    await once(holder.stdout, "data");
    const taken = withLock(
      name,
      () => holder.kill("SIGKILL"),
      () => Promise.resolve("taken"),
    );
    expect(await taken).toBe("taken");
  });
});
