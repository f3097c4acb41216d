import type { Connection, ServerChannel } from "ssh2";
import { expect } from "vitest";
import { systemClock } from "../../src/common/clock.ts";
import { type DialGuard, openGuard } from "../../src/common/dial-guard.ts";
import { classifyError } from "../../src/docker/classify-error.ts";
import { DEFAULT_SOCKET } from "../../src/docker/endpoint.ts";
import { exchange, replyBudget } from "../../src/docker/exchange.ts";
import { createSshAgent } from "../../src/docker/ssh-agent.ts";
import { eventually } from "./eventually.ts";
import type { FakeSshd } from "./fake-sshd.ts";

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

export interface Opened {
  readonly socketPath: string;
  readonly channel: ServerChannel;
}

/** Serves channels to sockets. */
export function forwards(onChannel: (opened: Opened) => void) {
  return (client: Connection) => {
    client.on("openssh.streamlocal", (accept, _reject, { socketPath }) => {
      const channel = accept();
      channel.on("error", () => {});
      onChannel({ socketPath, channel });
    });
  };
}

/** Refuses those, and serves commands. */
export function executes(onCommand: (command: string, channel: ServerChannel) => void) {
  return (client: Connection) => {
    client.on("openssh.streamlocal", (_accept, reject) => reject());
    client.on("session", (accept) => {
      accept().on("exec", (acceptCommand, _reject, { command }) => onCommand(command, acceptCommand()));
    });
  };
}

/** Answers each request with the next text, and with the last from then on. */
export function answers(channel: ServerChannel, ...texts: readonly string[]): void {
  let count = 0;
  channel.on("data", () => channel.write(texts[Math.min(count++, texts.length - 1)]));
}

interface Options {
  readonly socketPath?: string;
  readonly guard?: DialGuard;
  readonly checked?: boolean;
}

/** One attempt over SSH, as a session makes it. */
export function attempt(
  sshd: Pick<FakeSshd, "port" | "key" | "knownHosts">,
  { socketPath = DEFAULT_SOCKET, guard = openGuard(), checked = true }: Options = {},
) {
  const controller = new AbortController();
  const { signal } = controller;
  const endpoint = { kind: "ssh", user: "docker", host: "127.0.0.1", port: sshd.port, socketPath } as const;
  const credentials = { key: sshd.key, knownHosts: checked ? sshd.knownHosts : undefined };
  const agent = createSshAgent(endpoint, credentials, guard, signal);
  const get = async (path = "/_ping") => {
    using reply = await exchange({
      endpoint,
      agent: agent.agent,
      path,
      limit: "list",
      budget: replyBudget(systemClock),
      signal,
    });
    return `${reply.status} ${reply.body.toString()}`;
  };
  const failure = async () => {
    const error: unknown = await get().then(
      (answer) => new Error(`no failure, but ${answer}`),
      (thrown: unknown) => thrown,
    );
    return classifyError(error, { endpoint: "ssh://edge-7", phase: agent.phase(), clientCertificate: false });
  };
  return { get, failure, controller, agent, close: () => agent.agent.destroy() };
}

export const allClosed = (sshd: FakeSshd) => eventually(() => expect(sshd.open).toBe(0));
