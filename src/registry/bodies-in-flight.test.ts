import type { ServerResponse } from "node:http";
import { expect, it, vi } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { serveHttp } from "../../test/support/http-server.ts";
import { createRegistryClient } from "../../test/support/registry-client.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const MiB = 1024 * 1024;
const DIGEST = `sha256:${"a".repeat(64)}`;

it("serves a namespace while another one's registries hold up 40 large bodies", async () => {
  const held = new Set<ServerResponse>();
  const hostile = await serveHttp((_, response) => {
    held.add(response);
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write(Buffer.alloc(4 * MiB - 1, " "));
  });
  const tags = JSON.stringify({ name: "team/app", tags: Array.from({ length: 20_000 }, (_, i) => `1.0.${i}`) });
  const honest = await serveHttp((_, response) => response.end(tags));
  const { client } = createRegistryClient();
  const target = (domain: string, owner: string, path: string) => ({
    domain,
    path,
    owner,
    access: { trust: SYSTEM_TRUST, insecure: true },
  });
  const gone = new AbortController();
  const attacks = Array.from({ length: 40 }, (_, i) =>
    client.openManifest(target(hostile.domain, "hostile", `team/${i}`), DIGEST, gone.signal).catch(() => undefined),
  );
  await eventually(() => expect(held.size).toBe(40));
  const found = await client.listTags(target(honest.domain, "honest", "team/app"), new AbortController().signal);
  expect(found).toMatchObject({ ok: true });
  gone.abort();
  await Promise.all(attacks);
});

it("serves a namespace while the registries of 20 others hold up large bodies", async () => {
  const held = new Set<ServerResponse>();
  const hostile = await serveHttp((_, response) => {
    held.add(response);
    response.writeHead(200, { "Content-Type": "application/json" });
    response.write(Buffer.alloc(4 * MiB - 1, " "));
  });
  // More than what is not counted, so that it needs room.
  const tags = JSON.stringify({ name: "team/app", tags: Array.from({ length: 40_000 }, (_, i) => `1.0.${i}`) });
  const honest = await serveHttp((_, response) => response.end(tags));
  const { client, clock } = createRegistryClient();
  const target = (domain: string, owner: string, path: string) => ({
    domain,
    path,
    owner,
    access: { trust: SYSTEM_TRUST, insecure: true },
  });
  const gone = new AbortController();
  const ended: string[] = [];
  const attacks = Array.from({ length: 40 }, async (_, i) => {
    const attack = await client.openManifest(
      target(hostile.domain, `hostile-${i % 20}`, `a/${i}`),
      DIGEST,
      gone.signal,
    );
    if (!attack.ok) ended.push(attack.failure.reason);
  }).map((attack) => attack.catch(() => undefined));
  await eventually(() => expect(held.size).toBe(40));
  let isFound = false;
  const found = (async () => {
    const tags = await client.listTags(target(honest.domain, "honest", "team/app"), new AbortController().signal);
    isFound = true;
    return tags;
  })();
  // Long before the 30 s after which what is asked of a registry has failed.
  for (let round = 0; round < 5 && !isFound; round++) {
    await clock.advance(5_000);
    await vi.waitFor(() => expect(isFound).toBe(true), { timeout: 10_000 }).catch(() => undefined);
  }
  expect(await found).toMatchObject({ ok: true });
  gone.abort();
  await Promise.all(attacks);
  expect(new Set(ended)).toEqual(new Set(["RegistryTimedOut"]));
});
