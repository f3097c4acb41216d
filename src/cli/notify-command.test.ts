import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCli } from "../../test/support/cli.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { KEY, startWebhookReceiver } from "../../test/support/webhook-receiver.ts";

async function prepared() {
  const receiver = await startWebhookReceiver();
  onTestFinished(() => receiver.close());
  const folder = await temporaryFolder();
  const [url, key] = [join(folder, "url"), join(folder, "key")];
  await writeFile(url, receiver.url);
  await writeFile(key, KEY);
  return { receiver, url, key, folder };
}

/** The receiver of these tests has no TLS. */
const PLAINTEXT =
  "warning: Notifications are sent in plaintext, because the URL in the file of --notify begins with http://\n";

describe("dockerhost notify test", () => {
  it("sends a signed test message, and says that it was taken", async () => {
    const { receiver, url, key } = await prepared();
    const flags = ["--notify", url, "--notify-key-file", key, "--notify-name", "production"];
    const { code, stdout, stderr } = await runCli(["notify", "test", ...flags]);
    const [message] = receiver.accepted;
    expect([code, stderr]).toEqual([0, PLAINTEXT]);
    expect(stdout).toBe(`The receiver has taken the test message (HTTP 202, id ${message?.id}).\n`);
    expect(JSON.parse(message?.body ?? "")).toMatchObject({
      type: "dev.dockerhost.test.v1",
      source: "/dockerhost/production",
      data: { summary: "[production] This is a test: messages about Docker hosts arrive here", changes: [] },
    });
  });

  it("says what the receiver answered, and what to do", async () => {
    const { receiver, url, key } = await prepared();
    receiver.answer = (_, response) => void response.writeHead(404).end("no such hook");
    const { code, stderr } = await runCli(["notify", "test", "--notify", url, "--notify-key-file", key]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `${PLAINTEXT}The test message was not delivered. The receiver answered 404 (Not Found): no such hook. Create the webhook again, and write its URL into the file of --notify.\n`,
    );
  });

  it.each([
    ["no such hook.\n", ": no such hook. Create"],
    [" <!DOCTYPE html><title>Not found</title>", ". Create"],
    ["<html>\n<body>", ". Create"],
    ["...", ". Create"],
  ])("shows the answer %j as part of a sentence", async (body, expected) => {
    const { receiver, url, key } = await prepared();
    receiver.answer = (_, response) => void response.writeHead(404).end(body);
    const { stderr } = await runCli(["notify", "test", "--notify", url, "--notify-key-file", key]);
    expect(stderr).toContain(`The receiver answered 404 (Not Found)${expected}`);
  });

  it("takes the variables of the other commands, and ignores the others that belong to them", async () => {
    const { receiver, url, key } = await prepared();
    const env = {
      DOCKERHOST_NOTIFY: url,
      DOCKERHOST_NOTIFY_KEY_FILE: key,
      DOCKERHOST_NOTIFY_WINDOW: "1m",
      DOCKERHOST_UPDATES: "true",
    };
    expect((await runCli(["notify", "test"], { env })).code).toBe(0);
    expect(receiver.accepted).toHaveLength(1);
  });

  it.each<[string, (files: { url: string; key: string; folder: string }) => readonly string[], string]>([
    ["no URL", () => [], "--notify is missing"],
    ["no key", ({ url }) => ["--notify", url], "--notify needs --notify-key-file with the format cloudevents"],
    ["no file", ({ folder }) => ["--notify", join(folder, "none"), "--notify-format", "slack"], "it does not exist"],
    ["a folder", ({ folder }) => ["--notify", folder, "--notify-format", "slack"], "cannot be read"],
    ["a format that does not exist", ({ url }) => ["--notify", url, "--notify-format", "irc"], "it must be one of"],
    ["a key without a URL", ({ key }) => ["--notify-key-file", key], "--notify-key-file needs --notify"],
    [
      "a CA that is none",
      ({ url, key }) => ["--notify", url, "--notify-format", "slack", "--notify-ca-file", key],
      "it has no certificate",
    ],
    ["a name of nothing", ({ url }) => ["--notify", url, "--notify-name", " "], "printable characters"],
  ])("refuses %s with exit code 2", async (_, flags, expected) => {
    const files = await prepared();
    const { code, stderr } = await runCli(["notify", "test", ...flags(files)]);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
    expect(stderr).not.toContain(files.receiver.url);
    expect(stderr).not.toContain(KEY);
  });
});
