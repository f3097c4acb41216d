import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type SimDaemon, startSimDaemon } from "../../test/sim/daemon.ts";
import { type FakeCli, fakeCli, runCli } from "../../test/support/cli.ts";
import { eventually } from "../../test/support/eventually.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { acceptedChanges, KEY, startWebhookReceiver } from "../../test/support/webhook-receiver.ts";
import { runProgram } from "./program.ts";

let daemon: SimDaemon;

beforeAll(async () => {
  daemon = await startSimDaemon();
});

afterAll(async () => {
  await daemon?.close();
});

function manifest(name: string, spec: object = {}): string {
  const host = `tcp://127.0.0.1:${daemon.port}`;
  return JSON.stringify({
    apiVersion: "dockerhost.dev/v1alpha1",
    kind: "DockerHost",
    metadata: { name, namespace: "fleet" },
    spec: { host, ...spec },
  });
}

interface Running {
  readonly context: FakeCli;
  readonly folder: string;
  /** Ends it as Ctrl-C does, and resolves to the exit code. */
  stop(): Promise<number>;
}

/** `run -f FOLDER` over one host. */
async function start(options: { terminal?: boolean; state?: string; flags?: string[] } = {}): Promise<Running> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "edge-7.yaml"), manifest("edge-7"));
  const end = new AbortController();
  const context = fakeCli({ ...options, signal: end.signal });
  const state = options.state === undefined ? [] : ["--state", options.state];
  const code = runProgram(["run", "-f", folder, ...state, ...(options.flags ?? [])], context, "1.2.3");
  const stop = async () => {
    end.abort(new Error("stopped by SIGINT"));
    return await code;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { context, folder, stop };
}

const shows = (context: FakeCli, text: string) => eventually(() => expect(context.stdout.text).toContain(text));

describe("dockerhost run", () => {
  it("prints a line for each change if there is no terminal, and ends properly", async () => {
    const { context, stop } = await start();
    await shows(context, "UpdateCheckSucceeded=True");
    expect(await stop()).toBe(0);
    const lines = context.stdout.text.split("\n").slice(0, -1);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ fleet\/edge-7 \w+=\w+ \w+: [A-Z]/);
    expect(lines.map((line) => line.split(" ").slice(2, 4).join(" "))).toEqual(
      expect.arrayContaining(["Ready=True Succeeded:", "Connected=True ConnectionEstablished:"]),
    );
  });

  it("serves a page about its hosts with --page", async () => {
    const { context } = await start({ flags: ["--page", "--page-bind-address", "127.0.0.1:0"] });
    await shows(context, "UpdateCheckSucceeded=True");
    const url = /"msg":"Serving the page","url":"([^"]+)"/.exec(context.stderr.text)?.[1] ?? "";
    expect(await (await fetch(url)).text()).toContain('href="/hosts/fleet/edge-7"');
  });

  it("reports a host that is lost and back, once over restarts and while the receiver fails", async () => {
    const receiver = await startWebhookReceiver();
    onTestFinished(() => receiver.close());
    const [folder, state] = [await temporaryFolder(), await temporaryFolder()];
    const [manifests, url, key] = ["edge-7.yaml", "url", "key"].map((name) => join(folder, name));
    if (manifests === undefined || url === undefined || key === undefined) throw new Error("no files");
    await writeFile(url, receiver.url);
    await writeFile(key, KEY);
    const flags = ["--state", state, "--notify", url, "--notify-key-file", key, "--notify-window", "0s"];
    const running = () => {
      const end = new AbortController();
      const context = fakeCli({ signal: end.signal });
      const code = runProgram(["run", "-f", manifests, ...flags], context, "1.2.3");
      const stop = async () => {
        end.abort(new Error("stopped by SIGINT"));
        expect(await code).toBe(0);
        for (const secret of [receiver.url, "T0SECRET0PATH", KEY]) expect(context.stderr.text).not.toContain(secret);
      };
      return { context, stop };
    };
    receiver.answer = (_, response) => void response.writeHead(503).end();
    await writeFile(manifests, manifest("edge-7", { host: "tcp://127.0.0.1:1", interval: "10m" }));
    const first = running();
    await eventually(() => expect(first.context.stderr.text).toContain("The receiver answered 503"));
    await writeFile(manifests, manifest("edge-7", { interval: "10m" }));
    await shows(first.context, "fleet/edge-7 Ready=True");
    await first.stop();
    expect(receiver.accepted).toEqual([]);
    receiver.answer = (_, response) => void response.writeHead(200).end();
    const second = running();
    await eventually(() => expect(acceptedChanges(receiver)).toHaveLength(2));
    await second.stop();
    const third = running();
    await writeFile(manifests, manifest("edge-7", { host: "tcp://127.0.0.1:1", interval: "10m" }));
    await eventually(() => expect(acceptedChanges(receiver).length).toBeGreaterThan(2));
    await third.stop();
    expect(acceptedChanges(receiver).map(({ change, name }) => `${change} ${name}`)).toEqual([
      "HostLost edge-7",
      "HostBack edge-7",
      "HostLost edge-7",
    ]);
    expect(receiver.invalid).toEqual([]);
  });

  it("says above the table why notifications cannot be delivered", async () => {
    const receiver = await startWebhookReceiver();
    onTestFinished(() => receiver.close());
    receiver.answer = (_, response) => void response.writeHead(503).end();
    const [folder, files] = [await temporaryFolder(), await temporaryFolder()];
    const [url, key] = [join(files, "url"), join(files, "key")];
    await writeFile(url, receiver.url);
    await writeFile(key, KEY);
    await writeFile(join(folder, "edge-7.yaml"), manifest("edge-7", { host: "tcp://127.0.0.1:1" }));
    const end = new AbortController();
    const context = fakeCli({ terminal: true, columns: 200, signal: end.signal, env: { NO_COLOR: "1" } });
    const flags = ["--notify", url, "--notify-key-file", key, "--notify-window", "0s"];
    const code = runProgram(["run", "-f", folder, ...flags], context, "1.2.3");
    await shows(context, "Notifications cannot be delivered: The receiver answered 503");
    end.abort();
    expect(await code).toBe(0);
  });

  it("refuses a page that others could reach", async () => {
    const { context, stop } = await start({ flags: ["--page", "--page-bind-address", ":8090"] });
    await eventually(() => expect(context.stderr.text).toContain("listens only on a loopback address"));
    expect(await stop()).toBe(2);
  });

  it("serves the metrics of its hosts at the given address", async () => {
    const { context, folder } = await start({ flags: ["--metrics-addr", "127.0.0.1:0"] });
    await shows(context, "UpdateCheckSucceeded=True");
    const port = /"msg":"Serving metrics","port":(\d+)/.exec(context.stderr.text)?.[1];
    const scrape = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const text = await scrape();
    expect(text).toContain('dockerhost_ready{namespace="fleet",name="edge-7"} 1');
    expect(text).toMatch(/^dockerhost_connection_attempts_total\{reason="Succeeded"\} [1-9]/m);
    expect(text).toMatch(/^dockerhost_update_check_duration_seconds_count\{result="success"\} [1-9]/m);
    expect(text).toMatch(/^workqueue_work_duration_seconds_count\{name="updates",controller="updates"\} [1-9]/m);
    await rm(join(folder, "edge-7.yaml"));
    await eventually(async () => expect(await scrape()).not.toContain("edge-7"));
  });

  it("logs to standard error, an object a line", async () => {
    const { context } = await start();
    await eventually(() => expect(context.stderr.text).toContain("Connection state changed"));
    const [first = "", second = ""] = context.stderr.text.split("\n");
    expect(JSON.parse(first)).toMatchObject({ msg: "Following the manifests", hosts: 1 });
    expect(JSON.parse(second)).toMatchObject({ level: "info", namespace: "fleet", name: "edge-7" });
  });

  it("says on a terminal that there is nothing to show yet", async () => {
    const folder = await temporaryFolder();
    const end = new AbortController();
    const context = fakeCli({ terminal: true, columns: 200, signal: end.signal, env: { NO_COLOR: "1" } });
    const code = runProgram(["run", "-f", folder], context, "1.2.3");
    await shows(context, `There is no DockerHost in ${folder} yet; the table will show any that you add.`);
    end.abort();
    expect(await code).toBe(0);
  });

  it("follows the folder", async () => {
    const { context, folder } = await start();
    await shows(context, "fleet/edge-7 Ready=True");
    await writeFile(join(folder, "edge-8.yaml"), manifest("edge-8", { host: "tcp://127.0.0.1:1" }));
    await shows(context, "fleet/edge-8 Ready=False ConnectionRefused");
    await rm(join(folder, "edge-7.yaml"));
    await shows(context, "fleet/edge-7 removed");
  });

  it("draws the table on a terminal, and nothing between", async () => {
    const { context, stop } = await start({ terminal: true });
    await eventually(() => expect(context.stdout.text).toMatch(/edge-7 +tcp:\S+ .*True.* 29\.0\.0 .*False/));
    await stop();
    expect(context.stdout.text.startsWith("\u001b[H")).toBe(true);
    expect(context.stderr.text).toBe("");
  });

  it("shows above the table what is wrong with the manifests", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "a.yaml"), manifest("edge-7"));
    await writeFile(join(folder, "b.yaml"), "kind: [");
    const end = new AbortController();
    const context = fakeCli({ terminal: true, columns: 200, signal: end.signal, env: { NO_COLOR: "1" } });
    const code = runProgram(["run", "-f", folder], context, "1.2.3");
    await shows(context, `${join(folder, "b.yaml")}: is not valid YAML: `);
    end.abort();
    expect(await code).toBe(0);
  });

  it("continues where it left off", async () => {
    const state = join(await temporaryFolder(), "state");
    const first = await start({ state });
    await shows(first.context, "UpdateCheckSucceeded=True");
    await first.stop();
    expect(await readdir(state)).toEqual(["fleet_edge-7.json"]);
    const [passes, checks] = ["GET /info", "GET /containers/json"].map((route) => daemon.counters.requests(route));
    const second = await start({ state });
    await eventually(() => expect(daemon.counters.requests("GET /info")).toBeGreaterThan(passes ?? 0));
    await second.stop();
    // All was known, so nothing has changed; and the next check is not due.
    expect(second.context.stdout.text).toBe("");
    expect(daemon.counters.requests("GET /containers/json")).toBe(checks);
  });

  it("refuses a folder that does not exist, and a state that cannot be kept", async () => {
    expect(await runCli(["run", "-f", "/nonexistent"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error: /nonexistent: cannot be read: it does not exist\n"),
    });
    expect(await runCli(["run", "-f", "-"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("standard input cannot be watched for changes"),
    });
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    const { code, stderr } = await runCli(["run", "-f", folder, "--state", join(folder, "file")]);
    expect(stderr).toMatch(/^error: The state folder .*file cannot be used: /);
    expect(code).toBe(2);
  });
});
