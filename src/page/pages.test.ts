import { describe, expect, it } from "vitest";
import { containerUpdate } from "../../test/support/container-update.ts";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import type { ContainerUpdateObject } from "../api/container-update.ts";
import { NO_GAPS, type PageGaps, pageName, renderPage } from "./pages.ts";

const name = (path: string) => pageName(new URL(path, "http://localhost"));

it.each([
  ["/?x=1", "/"],
  ["/images?x=1", "/images"],
  ["/images?image=a&x=1", "/images?image=a"],
  ["/images?image=", "/images"],
  ["/?x=1&state=ready&q=edge", "/?q=edge&state=ready"],
  ["/?page=2", "/"],
  ["/certificates?state=ready&page=1", "/certificates"],
  ["/certificates?page=-1", "/certificates?page=two"],
  ["/images?image=a&q=b", "/images?image=a"],
  ["/images?state=soon", "/images"],
  ["/updates?q=&page=01", "/updates"],
  ["/?state=nonsense", "/"],
  ["/?state=Ready&q=a", "/?q=a"],
  ["/images/", "/images"],
  ["/hosts/a/b/", "/hosts/a/b"],
  [`/?q=${"a".repeat(300)}`, `/?q=${"a".repeat(200)}`],
])("renders %s only once with %s", (path, same) => {
  expect(name(path)).toBe(name(same));
});

it.each([
  ["/?q=a", "/?q=b"],
  ["/?q=a", "/?state=ready"],
  ["/", "/images"],
  ["/certificates", "/certificates?page=2"],
  ["/certificates?state=soon", "/certificates?state=valid"],
  ["/certificates?q=a", "/certificates?q=b"],
  ["/images?q=a", "/images?image=a"],
  ["/images?image=a", "/images?image=a&page=2"],
  ["/updates?q=a", "/updates?page=2"],
  ["/images", "/images?image=a"],
  ["/images?image=a", "/images?image=b"],
  ["/hosts/a/b", "/hosts/a/c"],
])("renders %s and %s separately", (path, another) => {
  expect(name(path)).not.toBe(name(another));
});

const HOSTS = ["edge-7", "edge-8"].map((name) => {
  const host = dockerHost({ status: { conditions: [condition("Ready", "True", "Succeeded")] } });
  return { ...host, metadata: { ...host.metadata, name } };
});
const PATHS = ["/", "/hosts/fleet/edge-7", "/certificates", "/images"];

function render(
  path: string,
  { hosts = HOSTS, gaps = NO_GAPS, updates = [] as readonly ContainerUpdateObject[] } = {},
) {
  const source = {
    list: () => hosts,
    get: (key: string) => hosts.find((each) => key === `fleet/${each.metadata.name}`),
  };
  const shown = { hosts: source, updates: { list: () => updates }, gaps };
  return renderPage(new URL(path, "http://localhost"), shown, Date.parse("2026-01-01T00:00:00Z"), "1");
}

describe("a URL", () => {
  it.each(["/?state=nonsense", "/?state=", "/?state=ready%00&q=+", "/?state=ready'&q=%20"])(
    "without a state that exists shows all hosts: %s",
    async (path) => {
      const { text } = await render(path);
      expect(text).toContain("2 of 2 hosts shown");
      expect(text).not.toMatch(/ selected|aria-current="true"/);
    },
  );

  it.each(["/?q=[", "/?q=.*", "/?q=%25", "/?q=%", "/?q=%E0%A4%A", "/?q=a%26b%3D%22", "/?q=%00%F0%9F%98%80"])(
    "searches for what is given as it is: %s",
    async (path) => {
      expect((await render(path)).text).toContain("0 of 2 hosts shown");
    },
  );

  it("may have a slash at the end", async () => {
    for (const path of PATHS.slice(1)) expect((await render(`${path}/`)).text).toBe((await render(path)).text);
    for (const path of ["/images//", "/hosts/"]) expect((await render(path)).status).toBe(404);
  });
});

describe("what cannot be shown", () => {
  const gaps: PageGaps = { hosts: ["The hosts are <b>missing</b>."], updates: ["The updates are missing."] };

  it("is named where readers look for it", async () => {
    for (const path of [...PATHS, "/updates", "/nothing"])
      expect((await render(path, { gaps })).text).toContain("The hosts are &lt;b&gt;missing&lt;/b&gt;.");
    for (const path of ["/updates", "/hosts/fleet/edge-7"])
      expect((await render(path, { gaps })).text).toContain(gaps.updates[0]);
    for (const path of ["/", "/images", "/certificates"])
      expect((await render(path, { gaps })).text).not.toContain(gaps.updates[0]);
  });

  it("is not taken for a fleet without hosts or updates", async () => {
    const missing = { hosts: [], gaps };
    expect((await render("/", missing)).text).toContain("No host can be shown.");
    expect((await render("/", missing)).text).not.toContain("no hosts yet");
    expect((await render("/", missing)).text).toContain('href="/updates"');
    expect((await render("/updates", missing)).text).toContain("No ContainerUpdate can be shown.");
    expect((await render("/", { hosts: [] })).text).toContain("There are no hosts yet.");
    expect((await render("/", { hosts: [] })).text).not.toMatch(/missing|href="\/updates"/);
    expect((await render("/updates")).text).toContain("There are no ContainerUpdates.");
  });
});

describe("the first sentence about the fleet", () => {
  const fleet = (...states: readonly ("True" | "False" | undefined)[]) =>
    states.map((state, index) => {
      const status = state && { conditions: [condition("Ready", state, "Reason")] };
      const host = dockerHost({ ...(status && { status }) });
      return { ...host, metadata: { ...host.metadata, name: `edge-${index}` } };
    });
  const lead = async (hosts: ReturnType<typeof fleet>) =>
    /<p class="lead">(.*)<\/p>/.exec((await render("/", { hosts })).text)?.[1];

  it.each([
    [["True"], "No host needs attention. No container is known to be outdated."],
    [["False", "True"], "1 host needs attention. No container is known to be outdated."],
    [["False", "False"], "2 hosts need attention. No container is known to be outdated."],
    [[undefined], "The state of 1 host is not known yet."],
    [[undefined, undefined], "The state of 2 hosts is not known yet."],
    [[undefined, "True"], "The state of 1 host is not known yet. No container is known to be outdated."],
    [
      [undefined, "False"],
      "1 host needs attention. The state of 1 host is not known yet. No container is known to be outdated.",
    ],
  ] as const)("%j: %s", async (states, words) => {
    expect(await lead(fleet(...states))).toBe(words);
  });

  it("mentions certificates to renew, also of hosts that have a more urgent problem", async () => {
    const [made] = fleet("False");
    const certificates = { nextExpiry: "2026-01-02T00:00:00Z" };
    const conditions = [...(made?.status?.conditions ?? []), condition("CertificateExpiring", "True", "Reason")];
    expect(await lead([{ ...dockerHost(), ...made, status: { certificates, conditions } }])).toBe(
      "1 host needs attention. The certificates of 1 host have to be renewed. No container is known to be outdated.",
    );
  });

  it("is followed by nothing to count or to filter if there are no hosts", async () => {
    expect((await render("/", { hosts: [] })).text).not.toMatch(/class="count|<form|0 of 0/);
  });
});

describe("the images", () => {
  const IMAGE = "registry.example.com/shop/web:1&<b>";
  const many = Array.from({ length: 1_500 }, (_, index) => {
    const items = [
      { container: "web", image: IMAGE, verdict: index < 3 ? "Outdated" : "UpToDate", running: "sha256:1" } as const,
    ];
    const host = dockerHost({ status: { updates: { items } } });
    return { ...host, metadata: { ...host.metadata, name: `edge-${index}` } };
  });
  const PATH = `/images?image=${encodeURIComponent(IMAGE)}`;
  const links = (text: string) => text.match(/href="\/hosts\//g)?.length;
  const hostsOf = (text: string) => text.match(/href="\/hosts\/[^"]+/g) ?? [];

  it("each link to a page of their own, which lists all hosts, up to a limit", async () => {
    const all = await render("/images", { hosts: many });
    expect(all.text).toContain("1500 containers, 3 outdated");
    expect(all.text).toContain(`href="${PATH.replaceAll("&", "&amp;")}"`);
    expect(links(all.text)).toBe(9);
    const one = await render(PATH, { hosts: many });
    expect(one.status).toBe(200);
    expect(one.text).toContain("registry.example.com/shop/web:1&amp;&lt;b&gt;");
    expect(one.text).toContain("1 to 1000 of 1500 containers");
    expect(links(one.text)).toBe(1_000);
    const rest = await render(`${PATH}&page=2`, { hosts: many });
    expect(rest.text).toContain("1001 to 1500 of 1500 containers");
    expect(new Set([...hostsOf(one.text), ...hostsOf(rest.text)]).size).toBe(1_500);
    expect(links((await render(PATH, { hosts: many.slice(0, 20) })).text)).toBe(20);
  });

  it("are not found if no host has them", async () => {
    const { status, text } = await render("/images?image=other", { hosts: many });
    expect([status, text.includes("No host runs the image other")]).toEqual([404, true]);
  });
});

describe("a long list", () => {
  const DAY_MS = 24 * 3_600_000;
  const NOW = Date.parse("2026-01-01T00:00:00Z");
  const certificate = (subject: string, fingerprint: string, days: number) => ({
    ...{ subject, issuer: "CN=Fleet CA", fingerprint },
    notBefore: new Date(NOW - 300 * DAY_MS).toISOString(),
    notAfter: new Date(NOW + days * DAY_MS).toISOString(),
  });
  const CA = certificate("CN=Fleet CA", "f00d", 3_000);
  const fleet = Array.from({ length: 600 }, (_, index) => {
    const server = certificate(`CN=edge-${index}`, `server-${index}`, index < 10 ? 5 : 100 + index);
    const items = [{ container: "web", image: `shop/app-${index}:1`, verdict: "UpToDate" } as const];
    const host = dockerHost({ status: { certificates: { server, ca: CA }, updates: { items } } });
    return { ...host, metadata: { ...host.metadata, name: `edge-${index}` } };
  });
  const phases = ["Pulling", "Succeeded", "RolledBack"] as const;
  const updates = Array.from({ length: 450 }, (_, index) =>
    containerUpdate(
      { container: `app-${index}`, hostRef: { name: `edge-${index % 7}` } },
      { phase: phases[index % 3] as (typeof phases)[number] },
      { name: `update-${index}`, creationTimestamp: new Date(NOW - index * 60_000).toISOString() },
    ),
  );
  const LISTS = [
    { path: "/certificates", entry: /<th scope="row">CN=[^<]+/g, all: 601 },
    { path: "/images", entry: /<th scope="rowgroup"[^>]*><a href="[^"]+">[^<]+/g, all: 600 },
    { path: "/updates", entry: /<th scope="row">app-\d+/g, all: 450 },
  ];
  const show = (path: string) => render(path, { hosts: fleet, updates });

  it.each(LISTS)("$path leads to each entry once by the links between its pages", async ({ path, entry, all }) => {
    const seen: string[] = [];
    let next: string | undefined = path;
    let before: string | undefined;
    for (let pages = 0; next !== undefined && pages < 20; pages++) {
      const { text } = await show(next);
      seen.push(...(text.match(entry) ?? []));
      expect(/rel="prev" href="([^"]+)"/.exec(text)?.[1]).toBe(before);
      before = next;
      next = /rel="next" href="([^"]+)"/.exec(text)?.[1];
    }
    expect([seen.length, new Set(seen).size]).toEqual([all, all]);
  });

  it.each(LISTS)("$path shows its last page if a bookmark is beyond it", async ({ path, entry }) => {
    const { status, text } = await show(`${path}?page=9999`);
    expect([status, (text.match(entry) ?? []).length > 0, text.includes('rel="next"')]).toEqual([200, true, false]);
  });

  it.each([
    ["/certificates?q=edge-59", "12 of 601 certificates shown"],
    ["/certificates?state=soon", "10 of 601 certificates shown"],
    ["/certificates?state=soon&q=edge-3+fleet", "1 of 601 certificates shown"],
    ["/certificates?q=issuer-unknown", "0 of 601 certificates shown"],
    ["/certificates?q=fleet%2F", "1 to 250 of 601 certificates"],
    ["/certificates?q=cn%3Dedge&page=2", "251 to 500 of the 600 that match, of 601 certificates"],
    ["/images?q=app-59", "11 of 600 images shown"],
    ["/updates?q=fleet%2Fedge-3+app-3", "17 of 450 updates match"],
    ["/updates?q=rolled+back", "150 of 450 updates match"],
    ["/updates?q=nothing", "No update matches."],
    ["/updates", "150 updates are in progress. Of the 300 that ended, 150 failed or were rolled back."],
  ])("has a filter: %s", async (path, words) => {
    expect((await show(path)).text).toContain(words);
  });

  it("keeps the filter on its further pages", async () => {
    const { text } = await show("/certificates?q=cn%3Dedge&state=valid");
    expect(text).toContain('href="/certificates?q=cn%3Dedge&amp;state=valid&amp;page=2"');
    expect(text).toContain('value="cn=edge"');
    expect(text).toContain('value="valid" selected');
  });

  it("shows all hosts that use a certificate to those who ask for it", async () => {
    const link = 'href="/certificates?q=f00d"';
    const { text } = await show("/certificates?state=valid&page=3");
    expect(text).toContain(`<a ${link}>and 595 more</a>`);
    const all = await show("/certificates?q=f00d");
    expect(all.text.match(/href="\/hosts\/fleet\/edge-/g)?.length).toBe(600);
    expect(all.text).toContain("SHA-256 f00d");
  });

  it("leads from a host with many updates to all of them", async () => {
    const many = updates.map((update) => ({
      ...update,
      spec: { ...(update.spec as object), hostRef: { name: "edge-1" } },
    }));
    const { text } = await render("/hosts/fleet/edge-1", { hosts: fleet, updates: many });
    expect(text).toContain('<a href="/updates?q=fleet%2Fedge-1">Show all 450 updates of this host</a>');
    expect((await show("/hosts/fleet/edge-1")).text).not.toContain("Show all");
  });
});

it("says how many certificates need attention", async () => {
  const HOUR = 3_600_000;
  const at = (hours: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + hours * HOUR).toISOString();
  const host = (index: number, from: number, to: number) => {
    const server = { subject: "CN=a", issuer: "CN=b", notBefore: at(from), notAfter: at(to), fingerprint: `${index}` };
    const made = dockerHost({ status: { certificates: { server } } });
    return { ...made, metadata: { ...made.metadata, name: `edge-${index}` } };
  };
  const lead = async (...hosts: ReturnType<typeof host>[]) =>
    /<p class="lead">(.*)<\/p>/.exec((await render("/certificates", { hosts })).text)?.[1];
  const [fine, soon, over, early] = [host(1, -10, 9_000), host(2, -900, 2), host(3, -20, -1), host(4, 1, 9_000)];
  const order = "Those that expire first are on top.";
  expect(await lead(fine)).toBe(`1 certificate; none expires soon.`);
  expect(await lead(fine, soon)).toBe(`2 certificates: 1 expires soon. ${order}`);
  expect(await lead(over, soon, host(5, -900, 3), early)).toBe(
    `4 certificates: 1 has expired, 2 expire soon, 1 is not valid yet. ${order}`,
  );
});
