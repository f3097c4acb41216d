import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../env/environment.ts";
import { answersOk } from "../env/processes/probe.ts";
import { eventually } from "../support/eventually.ts";
import { expectMutual } from "./expectations.ts";
import { PageWorld } from "./page-world.ts";

const environment = connectEnvironment(inject("environment"));

describe("docs/tutorial.md", () => {
  let world: PageWorld;

  beforeAll(async () => {
    world = await PageWorld.create(environment);
  });

  afterAll(async () => {
    await world?.close();
  });

  const file = (name: string) => readFile(join(world.reader.home, name), "utf8");

  it("leads from nothing to a host that is Ready over mutual TLS, and renews its certificate", async () => {
    await world.follow("tutorial.md");
    const { fingerprint256 } = new X509Certificate(await file("cert.pem"));
    await eventually(async () => {
      const { status } = await world.namespace.host("edge-7");
      expect(status?.certificates?.client?.fingerprint).toBe(fingerprint256.replaceAll(":", "").toLowerCase());
      await expectMutual(world);
    });
  });

  it("leaves a daemon that lets nobody in without a certificate", async () => {
    expect(await answersOk(`https://localhost:${world.port}/_ping`, { ca: await file("ca.pem") })).toBe(false);
  });
});
