import { describe, expect, it } from "vitest";
import type { SimRegistry, SimRegistryOptions } from "../../test/sim/registry.ts";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import type { ResolveRequest } from "./resolver.ts";
import { MAX_TAG_PAGES, MAX_TAGS } from "./tag-list.ts";
import { SYSTEM_TRUST } from "./trust.ts";

const ROUTE = "GET /v2/{name}/tags/list";
const HOUR = 3_600_000;

async function setUp(options: SimRegistryOptions = {}) {
  const registry = await startRegistry(options);
  const { clock, resolver } = createRegistryClient();
  const listTags = (access: Partial<ResolveRequest> = {}) =>
    resolver.listTags(
      {
        reference: { domain: registry.host, path: "team/app" },
        trust: SYSTEM_TRUST,
        insecure: true,
        ...access,
      },
      { maxAgeMs: HOUR, signal: new AbortController().signal },
    );
  return { clock, registry, listTags };
}

async function answers(registry: SimRegistry, body: string, headers: Record<string, string> = {}) {
  await registry.setFaults({ kind: "status", status: 200, body, headers });
}

const BAD_RESPONSE = { ok: false, failure: { reason: "RegistryBadResponse" } };

describe("listTags", () => {
  it("lists all tags, page by page, once for everybody until the list is too old", async () => {
    const { clock, registry, listTags } = await setUp({ tagsPerPage: 2 });
    for (const tag of ["1", "2", "3", "4", "5"]) registry.push("team/app", tag);
    const lists = await Promise.all([listTags(), listTags()]);
    const value = { tags: ["1", "2", "3", "4", "5"], truncated: false, fetchedAt: clock.now() };
    expect([...lists, await listTags()]).toEqual(Array(3).fill({ ok: true, value }));
    expect(registry.counters.byRoute()).toEqual({ [ROUTE]: 3 });
    await clock.advance(HOUR);
    await listTags();
    expect(registry.counters.byRoute()).toEqual({ [ROUTE]: 6 });
  });

  it("shows credentials as for an image, with one token for all pages", async () => {
    const user = { username: "me", password: "secret" };
    const { registry, listTags } = await setUp({ tagsPerPage: 1, auth: { mode: "bearer", ...user } });
    registry.push("team/app", "1");
    registry.push("team/app", "2");
    expect(await listTags({ credential: { kind: "basic", ...user } })).toMatchObject({
      ok: true,
      value: { tags: ["1", "2"] },
    });
    expect(registry.counters.byRoute()).toEqual({ [ROUTE]: 3, "GET /token": 1 });
    expect(await listTags()).toMatchObject({ ok: false, failure: { reason: "RegistryCredentialsRequired" } });
  });

  it("reads a repository without tags, and leaves out what is no tag", async () => {
    const { registry, listTags } = await setUp();
    await answers(registry, '{"name":"team/app","tags":null}');
    expect(await listTags()).toMatchObject({ ok: true, value: { tags: [] } });
    await answers(registry, '{"tags":["1",2,"a b","-x","1"]}');
    expect(await listTags({ trust: { roots: ["other"] } })).toMatchObject({ ok: true, value: { tags: ["1"] } });
  });

  it.each([
    [404, "ImageNotFound"],
    [403, "RegistryAccessDenied"],
    [503, "RegistryServerError"],
    [405, "RegistryBadResponse"],
  ])("tells of a %i: %s", async (status, reason) => {
    const { registry, listTags } = await setUp();
    await registry.setFaults({ kind: "status", status });
    expect(await listTags()).toMatchObject({ ok: false, failure: { reason } });
  });

  it("respects a rate limit", async () => {
    const { registry, listTags } = await setUp();
    await registry.setFaults({ kind: "status", status: 429, headers: { "Retry-After": "60" } });
    const limited = await listTags();
    expect(limited).toMatchObject({ ok: false, failure: { reason: "RegistryRateLimited" } });
    await registry.setFaults();
    expect(await listTags()).toEqual(limited);
    expect(registry.counters.requests()).toBe(1);
  });

  it.each(["<html>", "[]", "{}", '{"tags":"1"}'])("refuses %j", async (body) => {
    const { registry, listTags } = await setUp();
    await answers(registry, body);
    expect(await listTags()).toMatchObject(BAD_RESPONSE);
  });

  it.each(["http://127.0.0.1:1/v2/team/app/tags/list", "//elsewhere/x", "http://[", "/v2/team/app/tags/list?n=1000"])(
    "goes nowhere else for the next page: %s",
    async (target) => {
      const { registry, listTags } = await setUp();
      await answers(registry, '{"tags":["1"]}', { Link: `<${target}>; rel="next"` });
      expect(await listTags()).toMatchObject(BAD_RESPONSE);
      expect(registry.counters.requests()).toBe(1);
    },
  );

  it("stays on the registry's scheme where a proxy before it names another", async () => {
    const { registry, listTags } = await setUp({ tagsPerPage: 1 });
    registry.push("team/app", "1");
    registry.push("team/app", "2");
    await registry.setFaults({
      kind: "status",
      status: 200,
      body: '{"tags":["1"]}',
      headers: { Link: `<https://${registry.host}/v2/team/app/tags/list?last=1>; rel="next"` },
    });
    // Every answer links to the same page, which ends it.
    expect(await listTags()).toMatchObject(BAD_RESPONSE);
    expect(registry.counters.requests()).toBe(2);
  });

  it("reads so many tags, pages and bytes, and no more", async () => {
    const many = await setUp();
    await answers(many.registry, JSON.stringify({ tags: Array.from({ length: MAX_TAGS + 1 }, (_, i) => `t${i}`) }));
    const list = await many.listTags();
    expect(list).toMatchObject({ ok: true, value: { truncated: true } });
    expect(list.ok && list.value.tags.length).toBe(MAX_TAGS);

    const pages = await setUp({ tagsPerPage: 1 });
    for (let i = 0; i <= MAX_TAG_PAGES; i++) pages.registry.push("team/app", `${1_000 + i}`);
    const first = await pages.listTags();
    expect(first).toMatchObject({ ok: true, value: { truncated: true } });
    expect(pages.registry.counters.requests()).toBe(MAX_TAG_PAGES);

    const large = await setUp();
    await answers(large.registry, JSON.stringify({ tags: [], padding: "x".repeat(9_000_000) }));
    expect(await large.listTags()).toMatchObject(BAD_RESPONSE);
  });
});
