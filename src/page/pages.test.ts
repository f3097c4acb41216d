import { describe, expect, it } from "vitest";
import { condition, dockerHost } from "../../test/support/docker-host.ts";
import { NO_GAPS, type PageGaps, pageName, renderPage } from "./pages.ts";

const name = (path: string) => pageName(new URL(path, "http://localhost"));

it.each([
  ["/?x=1", "/"],
  ["/images?x=1", "/images"],
  ["/?x=1&state=ready&q=edge", "/?q=edge&state=ready"],
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
  ["/hosts/a/b", "/hosts/a/c"],
])("renders %s and %s separately", (path, another) => {
  expect(name(path)).not.toBe(name(another));
});

const HOSTS = ["edge-7", "edge-8"].map((name) => {
  const host = dockerHost({ status: { conditions: [condition("Ready", "True", "Succeeded")] } });
  return { ...host, metadata: { ...host.metadata, name } };
});
const PATHS = ["/", "/hosts/fleet/edge-7", "/certificates", "/images"];

function render(path: string, { hosts = HOSTS, gaps = NO_GAPS } = {}) {
  const source = {
    list: () => hosts,
    get: (key: string) => hosts.find((each) => key === `fleet/${each.metadata.name}`),
  };
  const shown = { hosts: source, updates: { list: () => [] }, gaps };
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
