import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SimRegistry, SimRegistryOptions } from "../../test/sim/registry.ts";
import { createRegistryClient, startRegistry } from "../../test/support/registry-client.ts";
import type { ResolveRequest } from "./resolver.ts";
import { MAX_SHORT_PAGES, MAX_TAG_PAGES, MAX_TAGS, nextTagPage } from "./tag-list.ts";
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

interface ScriptedPage {
  readonly status?: number;
  readonly tags?: unknown;
  readonly link?: string;
}

/** A registry that answers each query as the script says, and 404 to all others. */
async function setUpPages(script: Readonly<Record<string, ScriptedPage>> | ((url: string) => ScriptedPage)) {
  const pages = { asked: [] as string[] };
  const server = http.createServer((request, response) => {
    const url = request.url ?? "";
    pages.asked.push(url);
    const query = url.slice(url.indexOf("?"));
    const {
      status = 200,
      tags,
      link,
    } = (typeof script === "function" ? script(url) : script[query]) ?? { status: 404 };
    if (link !== undefined) response.setHeader("Link", `<${link}>; rel="next"`);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ name: "team/app", tags }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { resolver } = createRegistryClient();
  const domain = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const reference = { domain, path: "team/app" };
  return {
    pages,
    listTags: () =>
      resolver.listTags(
        { reference, trust: SYSTEM_TRUST, insecure: true },
        { maxAgeMs: HOUR, signal: new AbortController().signal },
      ),
  };
}

const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => `t${100_000 + from + i}`);

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

  it("reads a repository without tags, and leaves out what is not a tag", async () => {
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
  ])("reports a %i: %s", async (status, reason) => {
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

  it.each([
    "http://127.0.0.1:1/v2/team/app/tags/list?last=1",
    "//elsewhere.example.com/v2/other/tags/list?last=1",
    "/v2/app/tags/list?last=1",
    "/artifactory/api/docker/team/v2/app/tags/list?last=1",
    "?last=1",
    "http://[",
    "/v2/team/app/tags/list",
  ])("asks the same host and repository for the next page: %s", async (target) => {
    const { pages, listTags } = await setUpPages({
      "?n=1000": { tags: ["1"], link: target },
      "?last=1": { tags: ["2"] },
      "?n=1000&last=1": { tags: ["2"] },
    });
    expect(await listTags()).toMatchObject({ ok: true, value: { tags: ["1", "2"], truncated: false } });
    expect(pages.asked.map((url) => url.replace(/\?.*/, ""))).toEqual(Array(2).fill("/v2/team/app/tags/list"));
  });

  it.each([
    ["repeats itself", { tags: ["1"], link: "?last=1" }],
    ["is empty", { tags: [], link: "?last=2" }],
    ["has null for its tags", { tags: null, link: "?last=2" }],
    ["has nothing that is a tag", { tags: ["a b"], link: "?last=2" }],
  ])("ends with a page that %s", async (_, page) => {
    const { pages, listTags } = await setUpPages({ "?n=1000": { tags: ["1"], link: "?last=1" }, "?last=1": page });
    const list = await listTags();
    expect(list).toMatchObject({ ok: true, value: { tags: ["1"], truncated: false } });
    expect(list.ok && list.value.failure).toBeUndefined();
    expect(pages.asked).toHaveLength(2);
  });

  it.each([
    [404, "RegistryBadResponse", "it answered 404 for a further page of the tags of team/app"],
    [400, "RegistryBadResponse", "it answered 400 for a further page of the tags of team/app"],
    [403, "RegistryAccessDenied", "access to a further page of the tags of team/app is denied (403)"],
    [500, "RegistryServerError", "it answered 500 for a further page of the tags of team/app"],
    [429, "RegistryRateLimited", "its rate limit is used up"],
  ])("keeps what was read when a later page is answered with %i, and asks again later", async (status, reason, why) => {
    const { pages, listTags } = await setUpPages({
      "?n=1000": { tags: ["1"], link: "?last=1" },
      "?last=1": { status },
    });
    expect(await listTags()).toMatchObject({
      ok: true,
      value: { tags: ["1"], truncated: true, failure: { reason, message: expect.stringContaining(why) } },
    });
    if (status !== 429) {
      await listTags();
      expect(pages.asked).toHaveLength(4);
    }
  });

  it("keeps what was read when a later page is not a list", async () => {
    const { listTags } = await setUpPages({
      "?n=1000": { tags: ["1"], link: "?last=1" },
      "?last=1": { status: 200, tags: "none" },
    });
    expect(await listTags()).toMatchObject({
      ok: true,
      value: { tags: ["1"], truncated: true, failure: { reason: "RegistryBadResponse" } },
    });
  });

  it.each([1_000, 100, 500])("asks on after a full page of %i without a link", async (size) => {
    const first = numbered(0, size);
    const second = numbered(size, size);
    const [last, next] = [first.at(-1), second.at(-1)];
    const { pages, listTags } = await setUpPages({
      "?n=1000": { tags: first },
      [`?n=1000&last=${last}`]: { tags: second },
      [`?n=1000&last=${next}`]: { tags: ["newest"] },
    });
    const list = await listTags();
    expect(list).toMatchObject({ ok: true, value: { truncated: false } });
    expect(list.ok && list.value.tags).toEqual([...first, ...second, "newest"]);
    expect(pages.asked).toHaveLength(3);
  });

  it.each([
    ["repeats it", { tags: numbered(0, 1_000) }],
    ["is refused", { status: 400 }],
    ["is not there", { status: 404 }],
    ["is empty", { tags: [] }],
  ])("ends with a full page where the one after it %s", async (_, page) => {
    const { pages, listTags } = await setUpPages({
      "?n=1000": { tags: numbered(0, 1_000) },
      "?n=1000&last=t100999": page,
    });
    const list = await listTags();
    expect(list).toMatchObject({ ok: true, value: { truncated: false } });
    expect(list.ok && list.value.tags.length).toBe(1_000);
    expect(pages.asked).toHaveLength(2);
  });

  it.each([[99], [101], [999], [1_202]])("asks once where a page of %i shows no sign of being cut", async (size) => {
    const { pages, listTags } = await setUpPages({ "?n=1000": { tags: numbered(0, size) } });
    expect(await listTags()).toMatchObject({ ok: true, value: { truncated: false } });
    expect(pages.asked).toHaveLength(1);
  });

  it("does not guess where the registry sends links", async () => {
    const { pages, listTags } = await setUpPages({
      "?n=1000": { tags: numbered(0, 100), link: "?last=x" },
      "?last=x": { tags: numbered(100, 100) },
    });
    expect(await listTags()).toMatchObject({ ok: true, value: { truncated: false } });
    expect(pages.asked).toHaveLength(2);
  });

  it("never leaves the first page's host and path, whatever the link is", () => {
    const first = new URL("https://registry.example.com/v2/team/app/tags/list?n=1000");
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string(), fc.webPath()), (target) => {
        const next = nextTagPage(first, `<${target}>; rel="next"`, { size: 1, last: "1" });
        if (next === undefined) return;
        expect([next.url.origin, next.url.pathname, next.url.username]).toEqual([first.origin, first.pathname, ""]);
      }),
    );
  });

  it("reads this many tags, pages and bytes, and no more", async () => {
    const many = await setUp();
    await answers(many.registry, JSON.stringify({ tags: Array.from({ length: MAX_TAGS + 1 }, (_, i) => `t${i}`) }));
    const list = await many.listTags();
    expect(list).toMatchObject({ ok: true, value: { truncated: true } });
    expect(list.ok && list.value.tags.length).toBe(MAX_TAGS);

    let asked = 0;
    const endless = (size: number) =>
      setUpPages(() => {
        asked++;
        return { tags: numbered(asked * size, size), link: `?last=${asked}` };
      });
    const short = await endless(1);
    expect(await short.listTags()).toMatchObject({ ok: true, value: { truncated: true } });
    expect(asked).toBe(MAX_SHORT_PAGES);
    asked = 0;
    const pages = await endless(60);
    const first = await pages.listTags();
    expect(first).toMatchObject({ ok: true, value: { truncated: true } });
    expect([asked, first.ok && first.value.tags.length]).toEqual([MAX_TAG_PAGES, MAX_TAG_PAGES * 60]);

    for (const body of [
      JSON.stringify({ tags: [], padding: "x".repeat(9_000_000) }),
      JSON.stringify({ tags: numbered(0, 250_000) }),
    ]) {
      const large = await setUp();
      await answers(large.registry, body);
      expect(await large.listTags()).toMatchObject({
        ok: false,
        failure: { reason: "TooManyTags", message: expect.stringContaining("of team/app is too long to be read") },
      });
    }
  });
});
