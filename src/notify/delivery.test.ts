import { writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { createAuthority } from "../../test/support/pki.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { KEY, startWebhookReceiver, type WebhookReceiver } from "../../test/support/webhook-receiver.ts";
import { createDialGuard } from "../common/dial-guard.ts";
import type { Attempt } from "./attempt.ts";
import { changesMessage } from "./build-message.ts";
import { createDelivery, type Deliver } from "./delivery.ts";
import { FORMATS, type FormatName } from "./formats/formats.ts";
import type { ReportedChange } from "./message.ts";

const CHANGE: ReportedChange = {
  id: "c1",
  change: "HostLost",
  reason: "ConnectionRefused",
  message: "Host edge-7 refused the connection",
  at: "2026-01-01T00:00:00Z",
  kind: "DockerHost",
  namespace: "fleet",
  name: "edge-7",
};
const MESSAGE = changesMessage("tests", [CHANGE]);
const never = new AbortController().signal;

interface World {
  readonly receiver: WebhookReceiver;
  readonly clock: FakeClock;
  readonly folder: string;
  readonly deliver: Deliver;
  setUrl(url: string): Promise<void>;
  send(): Promise<Attempt>;
}

async function world(
  options: { format?: FormatName; tls?: { key: string; cert: string }; ca?: string; keys?: string; path?: string } = {},
): Promise<World> {
  const { format = "cloudevents", tls, ca, keys = KEY, path } = options;
  const receiver = await startWebhookReceiver({ ...(tls && { tls }), ...(path && { path }) });
  onTestFinished(() => receiver.close());
  const folder = await temporaryFolder();
  const files = { url: join(folder, "url"), key: join(folder, "key"), ...(ca && { ca: join(folder, "ca.pem") }) };
  await writeFile(files.url, `${receiver.url}\n`);
  await writeFile(files.key, `${keys}\n`);
  if (ca !== undefined) await writeFile(join(folder, "ca.pem"), ca);
  const clock = new FakeClock();
  const guard = createDialGuard({ denied: [], allowed: [], loopback: true });
  const deliver = createDelivery({ files, format: FORMATS[format], guard, roots: () => [], clock });
  const setUrl = (url: string) => writeFile(files.url, url);
  return { receiver, clock, folder, deliver, setUrl, send: () => deliver(MESSAGE, never) };
}

/** A server that answers each connection with raw bytes, or not at all. */
async function rawServer(answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/s3cretpath`;
}

const why = (attempt: Attempt) => ("why" in attempt ? attempt.why : "");

describe("a delivery", () => {
  it("is a signed CloudEvent in structured mode", async () => {
    const { receiver, send, clock } = await world();
    expect(await send()).toEqual({ kind: "delivered", status: 202 });
    const [message] = receiver.accepted;
    expect(message).toMatchObject({ id: MESSAGE.id, timestamp: clock.now() / 1_000 });
    expect(message?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(JSON.parse(message?.body ?? "")).toEqual({
      specversion: "1.0",
      id: MESSAGE.id,
      source: "/dockerhost/tests",
      type: "dev.dockerhost.changes.v1",
      time: "2026-01-01T00:00:00Z",
      datacontenttype: "application/json",
      data: {
        summary: "[tests] fleet/edge-7 not ready",
        changes: [
          {
            id: "c1",
            change: "HostLost",
            time: "2026-01-01T00:00:00Z",
            kind: "DockerHost",
            namespace: "fleet",
            name: "edge-7",
            reason: "ConnectionRefused",
            message: "Host edge-7 refused the connection",
          },
        ],
      },
    });
  });

  it("is signed with each key while a key is replaced, and with the new keys without a restart", async () => {
    const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const { receiver, send, folder } = await world({ keys: `${other}\n${KEY}` });
    expect((await send()).kind).toBe("delivered");
    await writeFile(join(folder, "key"), other);
    expect(why(await send())).toContain("The receiver answered 401 (Unauthorized): invalid signature");
    expect([receiver.accepted.length, receiver.invalid.length]).toEqual([1, 1]);
  });

  it.each([
    [500, "failed"],
    [503, "failed"],
    [404, "denied"],
    [403, "denied"],
    [401, "denied"],
    [408, "failed"],
    [429, "failed"],
    [400, "refused"],
    [422, "refused"],
    [413, "tooLarge"],
    [410, "gone"],
  ])("that is answered with %i is %s", async (status, kind) => {
    const { receiver, send } = await world();
    receiver.answer = (_, response) => void response.writeHead(status).end("a reason");
    const attempt = await send();
    expect(attempt.kind).toBe(kind);
    expect(why(attempt)).toMatch(new RegExp(`^The receiver answered ${status} \\([A-Z][^)]*\\): a reason\\. [A-Z]`));
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["999999", 3_600_000],
    ["Thu, 01 Jan 2026 00:02:00 GMT", 120_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    [undefined, undefined],
  ])("respects Retry-After %s within an hour", async (header, expected) => {
    const { receiver, send } = await world();
    receiver.answer = (_, response) =>
      void response.writeHead(429, header === undefined ? {} : { "Retry-After": header }).end();
    expect(await send()).toMatchObject({ kind: "failed", retryAfterMs: expected });
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect with %i", async (status) => {
    const { receiver, send } = await world();
    const other = await startWebhookReceiver();
    onTestFinished(() => other.close());
    receiver.answer = (_, response) =>
      void response.writeHead(status, { Location: other.url }).end(`<a href="${other.url}/T0TARGET">`);
    const attempt = await send();
    expect(attempt.kind).toBe("failed");
    expect(why(attempt)).toContain("Redirects are not followed");
    expect(why(attempt)).not.toContain("T0TARGET");
    expect([other.seen, other.invalid]).toEqual([[], []]);
  });

  it("is not repeated to a receiver that is gone, until the URL changes", async () => {
    const { receiver, send, setUrl } = await world();
    receiver.answer = (_, response) => void response.writeHead(410).end();
    expect([(await send()).kind, (await send()).kind, receiver.seen.length]).toEqual(["gone", "gone", 1]);
    receiver.answer = (_, response) => void response.writeHead(200).end();
    await setUrl(`${receiver.url}/new`);
    expect((await send()).kind).toBe("delivered");
  });

  it("ends at the deadline if the receiver does not answer", async () => {
    const { clock, setUrl, deliver } = await world();
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    await setUrl(await rawServer(() => isAsked()));
    const sending = deliver(MESSAGE, never);
    await asked;
    await clock.advance(15_000);
    expect(await sending).toEqual({
      kind: "failed",
      why: "The receiver cannot be reached: it did not answer within 15 s. Check that the receiver runs",
    });
  });

  it("ends with the signal", async () => {
    const { setUrl, deliver } = await world();
    const stop = new AbortController();
    await setUrl(await rawServer(() => stop.abort()));
    expect((await deliver(MESSAGE, stop.signal)).kind).toBe("failed");
  });

  it("succeeds with the status, whether or not the body arrives", async () => {
    const { setUrl, send } = await world();
    await setUrl(await rawServer((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nok")));
    expect(await send()).toEqual({ kind: "delivered", status: 200 });
  });

  it("reads only the beginning of a very long answer", async () => {
    const { setUrl, send } = await world();
    await setUrl(
      await rawServer((socket) => {
        socket.write("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        const more = () => {
          while (!socket.destroyed && socket.write(`10000\r\n${"x".repeat(0x10000)}\r\n`));
        };
        socket.on("drain", more);
        more();
      }),
    );
    const attempt = await send();
    expect(attempt.kind).toBe("failed");
    expect(why(attempt).length).toBeLessThan(400);
  });

  it("refuses very large headers", async () => {
    const { setUrl, send } = await world();
    await setUrl(await rawServer((socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(64 * 1024)}\r\n\r\n`)));
    expect((await send()).kind).toBe("failed");
  });

  it("verifies the receiver with the given CA only", async () => {
    const authority = await createAuthority({ commonName: "receiver CA" });
    const leaf = await authority.issue({ commonName: "receiver", ipAddresses: ["127.0.0.1"] });
    const tls = { key: leaf.keyPem, cert: leaf.certPem };
    const trusting = await world({ tls, ca: authority.certPem });
    expect(await trusting.send()).toEqual({ kind: "delivered", status: 202 });
    const distrusting = await world({ tls });
    expect(why(await distrusting.send())).toBe(
      "The receiver cannot be reached: no trusted CA has signed its certificate. Give its CA with --notify-ca-file",
    );
    const wrongName = await authority.issue({ commonName: "receiver", dnsNames: ["elsewhere.example.com"] });
    const other = await world({ tls: { key: wrongName.keyPem, cert: wrongName.certPem }, ca: authority.certPem });
    expect(why(await other.send())).toContain("its certificate is for another name");
  });

  it.each(["http://169.254.169.254/x", "http://[fe80::1]/x", "http://100.100.100.200/x"])(
    "never goes to the metadata service at %s",
    async (url) => {
      const { setUrl, send } = await world();
      await setUrl(url);
      expect(why(await send())).toContain("link-local and metadata addresses are denied");
    },
  );

  it("reveals nothing of the URL and the key, even if the receiver does", async () => {
    const url = "http://user:p4ssw0rd@127.0.0.1:1/services/T0SECRET/hook?token=abcdef123456";
    const { setUrl, send, receiver } = await world({ path: "/services/T0SECRET/B%2F0/x?token=abcdef123456" });
    receiver.answer = (message, response) =>
      void response
        .writeHead(500)
        .end(`${message.path} ${decodeURIComponent(message.path)} ${KEY} T0SECRET abcdef123456 ${receiver.url} end`);
    const secrets = ["T0SECRET", "abcdef123456", "p4ssw0rd", "127.0.0.1", KEY.slice(6)];
    const echoed = why(await send());
    expect(echoed).toContain("end");
    for (const secret of secrets) expect(echoed).not.toContain(secret);
    await setUrl(url);
    const refused = why(await send());
    expect(refused).toContain("the connection was refused");
    for (const secret of secrets) expect(refused).not.toContain(secret);
  });

  it.each(["/tk42", "/hooks/tk42", "/hooks/tk42/", "/tk42?x=1", "/a?token=tk42"])(
    "does not show a short secret that the receiver sends back by itself: %s",
    async (path) => {
      const { send, receiver } = await world({ path });
      receiver.answer = (_, response) => void response.writeHead(403).end("unknown tk42 here");
      expect(why(await send())).toContain("unknown [redacted] here");
    },
  );

  it.each([
    ["", "it is empty"],
    ["not a url", "it has more than a URL"],
    ["ftp://example.com/s3cret", "it has no valid URL"],
    [`https://example.com/${"x".repeat(3_000)}`, "it has more than a URL"],
  ])("says what is wrong with the file of the URL: %s", async (content, expected) => {
    const { setUrl, send } = await world();
    await setUrl(content);
    const text = why(await send());
    expect(text).toContain(expected);
    expect(text).not.toContain("s3cret");
  });

  it.each([
    "whsec_c2hvcnQ=",
    "a plain word that is long enough to be a key",
    "",
    `${KEY}\n${KEY}\n${KEY}\n${KEY}\n${KEY}`,
  ])("refuses the key %j without repeating it", async (keys) => {
    const { send } = await world({ keys });
    const text = why(await send());
    expect(text).toContain("--notify-key-file");
    for (const word of keys.split("\n").filter((each) => each.length > 6)) expect(text).not.toContain(word);
  });
});
