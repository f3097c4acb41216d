import type { ServerChannel } from "ssh2";
import { describe, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { startFakeSshd } from "../../test/support/fake-sshd.ts";
import { allClosed, answers, attempt, executes, forwards, OK, type Opened } from "../../test/support/ssh-attempt.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { createDialGuard } from "../common/dial-guard.ts";
import { DEFAULT_SOCKET } from "./endpoint.ts";

describe("an attempt over SSH", () => {
  it("sends all requests over one connection and one channel, to the socket of the endpoint", async () => {
    const opened: Opened[] = [];
    const sshd = await startFakeSshd(
      forwards((each) => {
        opened.push(each);
        answers(each.channel, OK);
      }),
    );
    const { get, agent, close } = attempt(sshd, { socketPath: "/run/user/1000/docker.sock" });
    expect(agent.phase()).toBe("dial");
    for (let i = 0; i < 3; i++) expect(await get()).toBe("200 ok");
    expect(agent.phase()).toBe("exchange");
    expect(sshd.open).toBe(1);
    expect(opened.map(({ socketPath }) => socketPath)).toEqual(["/run/user/1000/docker.sock"]);
    close();
    await allClosed(sshd);
  });

  it("shows nothing but the key", async () => {
    const sshd = await startFakeSshd(forwards(({ channel }) => answers(channel, OK)));
    const { get, close } = attempt(sshd);
    await get();
    close();
    expect(new Set(sshd.methods)).toEqual(new Set(["publickey"]));
  });

  it("takes large answers whole", async () => {
    const body = "x".repeat(6 * 1024 * 1024);
    const text = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const sshd = await startFakeSshd(forwards(({ channel }) => answers(channel, text)));
    const { get, close } = attempt(sshd);
    expect((await get()).length).toBe(body.length + "200 ".length);
    close();
  });

  it("opens another channel where the daemon closed the one", async () => {
    let channels = 0;
    const sshd = await startFakeSshd(
      forwards(({ channel }) => {
        channels++;
        channel.once("data", () => channel.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"));
      }),
    );
    const { get, close } = attempt(sshd);
    expect(await get()).toBe("200 ok");
    expect(await get()).toBe("200 ok");
    expect(channels).toBe(2);
    close();
  });

  it("ends with its signal, in the middle of an answer, and reports the signal's reason", async () => {
    const sshd = await startFakeSshd(
      forwards(({ channel }) => answers(channel, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
    );
    const { failure, controller } = attempt(sshd);
    const reported = failure();
    await eventually(() => expect(sshd.open).toBe(1));
    controller.abort(new DeadlineExceeded("the connection pass", 2_000));
    expect(await reported).toMatchObject({ reason: "ConnectionTimedOut" });
    await allClosed(sshd);
  });

  it("ends while it is still being opened", async () => {
    const sshd = await startFakeSshd(() => {});
    const { failure, close } = attempt(sshd);
    const reported = failure();
    close();
    expect(await reported).toMatchObject({ reason: "ConnectionReset" });
    await allClosed(sshd);
  });

  it("says how far it came when it took too long", async () => {
    const sshd = await startFakeSshd(forwards(() => {}));
    const { failure, controller, agent } = attempt(sshd);
    const reported = failure();
    await eventually(() => expect(agent.phase()).toBe("exchange"));
    controller.abort(new DeadlineExceeded("the connection pass", 2_000));
    expect((await reported).message).toContain("the daemon accepted the connection but did not answer within 2s");
    await allClosed(sshd);
  });

  it("fails with all its requests when the connection is cut, and opens no second one", async () => {
    let connections = 0;
    const sshd = await startFakeSshd((client) => {
      connections++;
      forwards(({ channel }) => {
        channel.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
        channel.once("data", () => client.end());
      })(client);
    });
    const { failure, close } = attempt(sshd);
    expect(await failure()).toMatchObject({ reason: "ConnectionReset" });
    expect(await failure()).toMatchObject({ reason: "ConnectionReset" });
    expect(connections).toBe(1);
    close();
  });

  it("does not go past the guard", async () => {
    const sshd = await startFakeSshd(() => {});
    const guard = createDialGuard({ denied: [], allowed: [], loopback: false });
    const { failure, close } = attempt(sshd, { guard });
    expect(await failure()).toMatchObject({ reason: "EndpointDenied" });
    expect(sshd.open).toBe(0);
    close();
  });

  it("never shows the key to a host that is not known, and does where the spec says so", async () => {
    const sshd = await startFakeSshd(forwards(({ channel }) => answers(channel, OK)));
    const other = await startFakeSshd(() => {});
    const stranger = attempt({ ...sshd, port: sshd.port, knownHosts: other.knownHosts });
    expect(await stranger.failure()).toMatchObject({ reason: "SSHHostKeyUnknown" });
    expect(sshd.methods).toEqual([]);
    stranger.close();
    const unchecked = attempt(sshd, { checked: false });
    expect(await unchecked.get()).toBe("200 ok");
    unchecked.close();
  });
});

describe("where sockets are not forwarded", () => {
  it("Docker's own command dials, and gets the socket if it is not the usual one", async () => {
    const commands: string[] = [];
    const sshd = await startFakeSshd(
      executes((command, channel) => {
        commands.push(command);
        answers(channel, OK);
      }),
    );
    for (const socketPath of [DEFAULT_SOCKET, "/it's/$(here)/`now`.sock"]) {
      const { get, close } = attempt(sshd, { socketPath });
      expect(await get()).toBe("200 ok");
      expect(await get()).toBe("200 ok");
      close();
    }
    expect(commands).toEqual([
      "docker system dial-stdio",
      "docker --host='unix:///it'\\''s/$(here)/`now`.sock' system dial-stdio",
    ]);
  });

  const ends = (stderr: string, code: number) => (_command: string, channel: ServerChannel) => {
    channel.stderr.write(stderr);
    channel.exit(code);
    channel.end();
  };

  it.each([
    [
      "the daemon is down",
      "Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?",
      1,
      "SocketNotFound",
    ],
    ["the socket is missing", "dial unix /x.sock: connect: no such file or directory", 1, "SocketNotFound"],
    ["the socket is forbidden", "dial unix /x.sock: connect: permission denied", 1, "SocketPermissionDenied"],
    [
      "the socket is forbidden, in newer words",
      "permission denied while trying to connect to the docker API at unix:///x.sock",
      1,
      "SocketPermissionDenied",
    ],
    ["nobody listens", "dial unix /x.sock: connect: connection refused", 1, "ConnectionRefused"],
    ["something else fails", "This account is locked\u001b[31m", 1, "SSHForwardingDenied"],
    ["there is no docker", "sh: docker: not found", 127, "SSHRemoteDockerMissing"],
  ])("its words show that %s", async (_what, stderr, code, reason) => {
    const sshd = await startFakeSshd(executes(ends(stderr, code)));
    const { failure, close } = attempt(sshd);
    const reported = await failure();
    expect(reported).toMatchObject({ reason });
    expect(reported.message).not.toContain("\u001b");
    close();
    await allClosed(sshd);
  });

  it("words without end are cut", async () => {
    const sshd = await startFakeSshd(executes(ends("no ".repeat(100_000), 3)));
    const { failure, close } = attempt(sshd);
    const { reason, message } = await failure();
    expect(reason).toBe("SSHForwardingDenied");
    expect(message).toContain("exit code 3: no no no");
    expect(message.length).toBeLessThan(800);
    close();
  });

  it("an answer that did not come from a daemon is not taken for one", async () => {
    const sshd = await startFakeSshd(executes((_command, channel) => channel.write("Welcome to edge-7!\n")));
    const { failure, close } = attempt(sshd);
    expect(await failure()).toMatchObject({
      reason: "SSHForwardingDenied",
      message: expect.not.stringContaining("Welcome"),
    });
    close();
    await allClosed(sshd);
  });

  it("a session that is refused too is reported", async () => {
    const sshd = await startFakeSshd((client) => {
      client.on("openssh.streamlocal", (_accept, reject) => reject());
      client.on("session", (accept, reject) => (sshd.open > 0 ? reject() : accept()));
    });
    const { failure, close } = attempt(sshd);
    expect(await failure()).toMatchObject({ reason: "SSHForwardingDenied" });
    close();
  });
});
