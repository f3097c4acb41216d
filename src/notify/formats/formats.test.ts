import { describe, expect, it } from "vitest";
import { CHANGE_KINDS, type ChangeKind } from "../../api/changes.ts";
import { changesMessage, testMessage } from "../build-message.ts";
import type { Message, ReportedChange } from "../message.ts";
import { FORMAT_NAMES, FORMATS, type FormatName } from "./formats.ts";

function change(index: number, parts: Partial<ReportedChange> = {}): ReportedChange {
  return {
    id: `c${index}`,
    change: "HostLost",
    reason: "ConnectionRefused",
    message: "Host could not be reached",
    at: "2026-01-01T00:00:00Z",
    kind: "DockerHost",
    namespace: "fleet",
    name: `edge-${index}`,
    ...parts,
  };
}

const render = (format: FormatName, message: Message) => FORMATS[format].render(message);
const HOSTILE = "@everyone <!channel> [x](http://evil.example) **b** `c` ~~s~~ \u202e\u0007 <script> {{DATE(x)}}";

describe("every format", () => {
  it.each(FORMAT_NAMES)("stays within the limits of the receiver for a change of a whole fleet: %s", (format) => {
    const long = "ä".repeat(500);
    const kinds = Array.from({ length: 1_000 }, (_, i) => CHANGE_KINDS[i % CHANGE_KINDS.length] as ChangeKind);
    const message = changesMessage(
      "production",
      kinds.map((kind, i) => change(i, { change: kind, message: long, namespace: `n${i % 7}` })),
    );
    const { body } = render(format, message);
    const limits = { cloudevents: 2_000_000, slack: 40_000, discord: 16_000, teams: 28_000, ntfy: 4_096 };
    expect(Buffer.byteLength(body)).toBeLessThan(limits[format]);
    if (format === "cloudevents") expect(JSON.parse(body).data.changes).toHaveLength(1_000);
    else expect(body).toContain("more");
  });

  it.each(FORMAT_NAMES)("has a test message that says that it is one: %s", (format) => {
    const { body } = render(format, testMessage("production", "2026-01-01T00:00:00Z", "1"));
    expect(body).toContain(
      "[production] This is a test".replace(/[[\]]/g, (c) => (format === "discord" ? `\\\\${c}` : c)),
    );
  });

  it.each(FORMAT_NAMES)("has no character that changes the direction of writing: %s", (format) => {
    if (format === "cloudevents") return;
    const { body } = render(format, changesMessage("production", [change(1, { message: HOSTILE })]));
    for (const character of ["\u202e", "\u0007", "\\u202e", "\\u0007"]) expect(body).not.toContain(character);
  });
});

describe("the format for Slack", () => {
  it("has a header and a section for each kind", () => {
    const message = changesMessage("production", [change(1), change(2, { change: "HostBack", message: "Connected" })]);
    expect(JSON.parse(render("slack", message).body)).toEqual({
      text: "[production] fleet/edge-1 not ready, fleet/edge-2 ready again",
      unfurl_links: false,
      unfurl_media: false,
      blocks: [
        {
          type: "header",
          text: {
            type: "plain_text",
            text: "[production] fleet/edge-1 not ready, fleet/edge-2 ready again",
            emoji: false,
          },
        },
        {
          type: "section",
          text: { type: "mrkdwn", text: "*Not ready*\n• fleet/edge-1: Host could not be reached", verbatim: true },
        },
        {
          type: "section",
          text: { type: "mrkdwn", text: "*Ready again*\n• fleet/edge-2: Connected", verbatim: true },
        },
      ],
    });
  });

  it("mentions nobody and contains no links", () => {
    const { body } = render("slack", changesMessage("production", [change(1, { message: HOSTILE })]));
    const text: string = JSON.parse(body).blocks[1].text.text;
    expect(text).toContain("&lt;!channel&gt;");
    expect(text).not.toMatch(/[<>]/);
  });

  it("counts the changes for which a section has no space", () => {
    const text = (count: number, message: string): string => {
      const changes = Array.from({ length: count }, (_, i) => change(i, { message }));
      return JSON.parse(render("slack", changesMessage("production", changes)).body).blocks[1].text.text;
    };
    for (const [count, message] of [
      [1, "<".repeat(400)],
      [8, "a".repeat(400)],
      [10, "&".repeat(300)],
      [12, "a".repeat(380)],
      [1_000, "a".repeat(30)],
    ] as const) {
      const shown = text(count, message).match(/^• /gm)?.length ?? 0;
      const more = Number(/_and (\d+) more_$/.exec(text(count, message))?.[1] ?? 0);
      expect([count, shown > 0, shown + more]).toEqual([count, true, count]);
    }
  });

  it("keeps each section below 3,000 characters, also after escaping", () => {
    const message = "<>&".repeat(150);
    const changes = Array.from({ length: 30 }, (_, i) => change(i, { message }));
    for (const block of JSON.parse(render("slack", changesMessage("production", changes)).body).blocks)
      expect(block.text.text.length).toBeLessThan(3_000);
  });
});

describe("the format for Discord", () => {
  it("notifies nobody by name, and shows markup as it is", () => {
    const { body } = render("discord", changesMessage("production", [change(1, { message: HOSTILE })]));
    const sent = JSON.parse(body);
    expect(sent.allowed_mentions).toEqual({ parse: [] });
    expect(sent.embeds[0].description).toContain("\\[x\\]\\(http\\://evil.example\\) \\*\\*b\\*\\*");
  });

  it.each(["http://a.example", "https://a.example/b", "steam://run/1", "x:http://a.example", "\\https://a.example"])(
    "makes no link of an address: %s",
    (address) => {
      const changes = [change(1, { message: `Connecting to ${address} failed: refused` })];
      const { description } = JSON.parse(render("discord", changesMessage("production", changes)).body).embeds[0];
      expect(description).not.toMatch(/\w:\/\//);
      expect(description.replace(/\\([^\w\s])/g, "$1")).toContain(address);
    },
  );

  it("keeps the title and the description within their limits", () => {
    const changes = Array.from({ length: 100 }, (_, i) => change(i, { message: "*_`".repeat(170) }));
    const [embed] = JSON.parse(render("discord", changesMessage("p".repeat(100), changes)).body).embeds;
    expect(embed.description.length).toBeLessThanOrEqual(4_096);
    expect(embed.title.length).toBeLessThanOrEqual(256);
  });
});

describe("the format for Teams", () => {
  it("is an adaptive card whose texts have no markup", () => {
    const { body } = render("teams", changesMessage("production", [change(1, { message: HOSTILE })]));
    const sent = JSON.parse(body);
    expect(sent.type).toBe("message");
    const [{ contentType, content }] = sent.attachments;
    expect(contentType).toBe("application/vnd.microsoft.card.adaptive");
    expect(content).toMatchObject({ type: "AdaptiveCard", version: "1.4" });
    for (const { type, inlines } of content.body) {
      expect(type).toBe("RichTextBlock");
      expect(inlines[0].type).toBe("TextRun");
    }
  });
});

describe("the format for ntfy", () => {
  it("is a text with a title, a priority and tags in headers", () => {
    const message = changesMessage("büro", [change(1)]);
    expect(render("ntfy", message)).toEqual({
      body: "Not ready\n- fleet/edge-1: Host could not be reached",
      headers: {
        Title: `=?UTF-8?B?${Buffer.from("[büro] fleet/edge-1 not ready").toString("base64")}?=`,
        Priority: "4",
        Tags: "warning",
      },
    });
    const good = changesMessage("office", [change(1, { change: "HostBack", message: "Connected" })]);
    expect(render("ntfy", good).headers).toEqual({
      Title: "[office] fleet/edge-1 ready again",
      Priority: "3",
      Tags: "whale",
    });
  });
});

describe("a message for people", () => {
  it.each(["discord", "teams", "ntfy"] as const)("shows or counts each change in any script: %s", (format) => {
    for (const message of ["ä".repeat(500), "漢".repeat(500), "*".repeat(500), "a"]) {
      const changes = Array.from({ length: 120 }, (_, i) =>
        change(i, { change: CHANGE_KINDS[i % CHANGE_KINDS.length] as ChangeKind, message }),
      );
      const { body } = render(format, changesMessage("production", changes));
      const shown = body.match(/fleet\/edge/g)?.length ?? 0;
      const more = [...body.matchAll(/and (\d+) more/g)].reduce((sum, [, count]) => sum + Number(count), 0);
      expect(shown + more).toBe(120);
    }
  });

  it("shows changes of every namespace, no matter how many another one has", () => {
    const flood = Array.from({ length: 500 }, (_, i) => change(i, { namespace: "flood" }));
    const message = changesMessage("production", [...flood, change(1, { namespace: "quiet", name: "lonely" })]);
    for (const format of ["slack", "discord", "teams", "ntfy"] as const)
      expect(render(format, message).body).toContain("lonely");
  });

  it("lists what is urgent first, and names the container of an update", () => {
    const update = { kind: "ContainerUpdate", name: "edge-7-web-1a2b", host: "edge-7", container: "web" };
    const message = changesMessage("production", [
      change(1, { change: "UpdatesFound" }),
      change(2, { change: "ContainerUpdateFailed", message: "The old container is back", ...update }),
      change(3, { change: "HostLost" }),
    ]);
    expect(message.title).toBe(
      "[production] fleet/edge-3 not ready, update of fleet/edge-7 web failed, new images for fleet/edge-1",
    );
    expect(render("ntfy", message).body.split("\n")).toEqual([
      "Not ready",
      "- fleet/edge-3: Host could not be reached",
      "",
      "Container updates that failed",
      "- fleet/edge-7 web: The old container is back",
      "",
      "New images",
      "- fleet/edge-1: Host could not be reached",
    ]);
  });

  it.each<[string, readonly ReportedChange[], string]>([
    ["each host once", [1, 1, 2].map((n, i) => ({ ...change(n), id: `${i}` })), "2 hosts not ready"],
    [
      "a host with a new image and a new tag by its name",
      [1, 2].map((id) => change(7, { id: `${id}`, change: "UpdatesFound" })),
      "new images for fleet/edge-7",
    ],
    [
      "hosts of the same name in two namespaces",
      ["a", "b"].map((namespace) => change(7, { namespace, change: "CertificateExpiring" })),
      "certificates of 2 hosts to renew",
    ],
    ["a host with a long name", [change(1, { name: "n".repeat(100), change: "HostBack" })], "1 host ready again"],
    [
      "a container with a name of another direction",
      [change(1, { change: "ContainerUpdated", kind: "ContainerUpdate", host: "edge", container: "\u202eweb" })],
      "fleet/edge \ufffdweb updated",
    ],
    [
      "the updates of two containers",
      [1, 2].map((n) => change(n, { change: "ContainerUpdateFailed", kind: "ContainerUpdate", host: "edge" })),
      "update of 2 containers failed",
    ],
  ])("counts or names in its title %s", (_what, changes, title) => {
    expect(changesMessage("tests", changes).title).toBe(`[tests] ${title}`);
  });

  it.each([
    ["HostLost", "HostBack", "fleet/edge-7 ready again", "3"],
    ["HostBack", "HostLost", "fleet/edge-7 not ready", "4"],
  ] as const)("names and alarms by the last state of a host with %s and then %s", (first, second, title, priority) => {
    const changes = [first, second].map((kind, id) => change(7, { id: `${id}`, change: kind }));
    const { body, headers } = render("ntfy", changesMessage("tests", changes));
    expect(headers).toMatchObject({ Title: `[tests] ${title}`, Priority: priority });
    expect(body.match(/^- fleet/gm)).toHaveLength(2);
  });

  it("gives the same advice only once, and other advice with its change", () => {
    const advice = "Start the daemon, or correct the port. Then wait";
    const messages = [
      `Host a refused it. ${advice}`,
      `Host b refused it. ${advice}`,
      "Host c has no name. Give it one",
    ];
    const message = changesMessage(
      "tests",
      messages.map((each, index) => change(index, { message: each })),
    );
    expect(render("ntfy", message).body.split("\n").slice(1)).toEqual([
      `- fleet/edge-0: Host a refused it. ${advice}`,
      "- fleet/edge-1: Host b refused it",
      "- fleet/edge-2: Host c has no name. Give it one",
    ]);
    for (const text of messages) expect(render("cloudevents", message).body).toContain(text);
  });

  it("shortens digests, which programs get whole", () => {
    const digest = `sha256:${"0123456789ab".repeat(6).slice(0, 64)}`;
    const message = changesMessage("tests", [change(1, { message: `Outdated: web (shop/web:1 is now ${digest})` })]);
    for (const format of ["discord", "teams", "ntfy", "slack"] as const) {
      expect(render(format, message).body).toContain("sha256:0123456789ab");
      expect(render(format, message).body).not.toContain("sha256:0123456789ab0");
    }
    expect(render("cloudevents", message).body).toContain(digest);
  });
});
