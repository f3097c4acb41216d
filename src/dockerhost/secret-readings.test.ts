import { describe, expect, it } from "vitest";
import { failed, type Outcome } from "../api/failure.ts";
import { success } from "../common/result.ts";
import type { SecretEntries } from "./ports.ts";
import { SecretReadings } from "./secret-readings.ts";

const HOST = "fleet/edge-7";
const { signal } = new AbortController();

class FakeSecrets {
  readonly entries = new Map<string, SecretEntries>([["fleet/tls", { key: "first" }]]);
  unreadable = false;
  reads = 0;
  /** Readings wait for it. */
  gate: Promise<void> = Promise.resolve();

  async getSecret(namespace: string, name: string): Promise<Outcome<SecretEntries | undefined>> {
    this.reads++;
    const found = this.entries.get(`${namespace}/${name}`);
    await this.gate;
    return this.unreadable ? failed("SecretUnreadable", "It cannot be read.") : success(found);
  }
}

function start() {
  const secrets = new FakeSecrets();
  const readings = new SecretReadings({ resources: secrets, hashKey: Buffer.alloc(32, 7) });
  const pass = async (names: readonly string[], { complete = true } = {}) => {
    using reader = readings.begin("connection", HOST);
    for (const name of names) await reader.getSecret("fleet", name, signal);
    if (complete) reader.complete();
  };
  const isNews = async (secret = "fleet/tls") => (await readings.compare(secret, signal))("connection", HOST);
  return { secrets, readings, pass, isNews };
}

describe("SecretReadings", () => {
  it("distinguishes a Secret whose data changed from one that only has another version", async () => {
    const { secrets, pass, isNews } = start();
    await pass(["tls"]);
    expect(await isNews()).toBe(false);
    secrets.entries.set("fleet/tls", { key: "second" });
    expect(await isNews()).toBe(true);
    await pass(["tls"]);
    expect(await isNews()).toBe(false);
  });

  it("does not mind the order of the keys", async () => {
    const { secrets, pass, isNews } = start();
    secrets.entries.set("fleet/tls", { a: "1", b: "2" });
    await pass(["tls"]);
    secrets.entries.set("fleet/tls", { b: "2", a: "1" });
    expect(await isNews()).toBe(false);
  });

  it("counts a Secret that disappeared or appeared as changed, but not one that returned unchanged", async () => {
    const { secrets, pass, isNews } = start();
    await pass(["tls"]);
    const entries = secrets.entries.get("fleet/tls") ?? {};
    secrets.entries.delete("fleet/tls");
    expect(await isNews()).toBe(true);
    secrets.entries.set("fleet/tls", entries);
    expect(await isNews()).toBe(false);
    secrets.entries.delete("fleet/tls");
    await pass(["tls"]);
    secrets.entries.set("fleet/tls", {});
    expect(await isNews()).toBe(true);
  });

  it("has nothing new for a reader that did not read it, or no longer reads it", async () => {
    const { secrets, readings, pass, isNews } = start();
    expect(readings.hasRead("connection", HOST, "fleet/tls")).toBe(false);
    expect(await isNews()).toBe(false);
    await pass(["tls"]);
    expect(readings.hasRead("connection", HOST, "fleet/tls")).toBe(true);
    secrets.entries.set("fleet/tls", { key: "second" });
    expect((await readings.compare("fleet/tls", signal))("updates", HOST)).toBe(false);
    await pass([]);
    expect(await isNews()).toBe(false);
    await pass(["tls"]);
    readings.forget("connection", HOST);
    expect(readings.hasRead("connection", HOST, "fleet/tls")).toBe(false);
  });

  it("compares with what a pass has read that continues, and keeps it where the pass is cut short", async () => {
    const { secrets, readings, pass, isNews } = start();
    await pass(["tls"]);
    secrets.entries.set("fleet/tls", { key: "second" });
    {
      using running = readings.begin("connection", HOST);
      expect(await isNews()).toBe(true);
      await running.getSecret("fleet", "tls", signal);
      expect(await isNews()).toBe(false);
    }
    expect(await isNews()).toBe(false);
    await pass([], { complete: false });
    expect(readings.hasRead("connection", HOST, "fleet/tls")).toBe(true);
  });

  it("treats a reading that is in progress as possibly out of date", async () => {
    const { secrets, readings, isNews } = start();
    using running = readings.begin("connection", HOST);
    const answer = Promise.withResolvers<void>();
    secrets.gate = answer.promise;
    const reading = running.getSecret("fleet", "tls", signal);
    secrets.gate = Promise.resolve();
    expect(await isNews()).toBe(true);
    answer.resolve();
    await reading;
    expect(await isNews()).toBe(false);
  });

  it("trusts no pass that read a Secret twice and found it changed", async () => {
    const { secrets, readings, isNews } = start();
    using running = readings.begin("connection", HOST);
    await running.getSecret("fleet", "tls", signal);
    secrets.entries.set("fleet/tls", { key: "second" });
    await running.getSecret("fleet", "tls", signal);
    expect(await isNews()).toBe(true);
  });

  it("counts what cannot be read as changed, before and now", async () => {
    const { secrets, pass, isNews } = start();
    await pass(["tls"]);
    secrets.unreadable = true;
    expect(await isNews()).toBe(true);
    await pass(["tls"]);
    secrets.unreadable = false;
    expect(await isNews()).toBe(true);
  });
});
