import type { Connection } from "ssh2";
import { describe, expect, it, onTestFinished } from "vitest";
import { startFakeSshd } from "../../test/support/fake-sshd.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { allClosed, answers, attempt, forwards, OK } from "../../test/support/ssh-attempt.ts";
import { bannerOf, dataOf, hostKeysOf, ignoreOf, PACKETS, sendRaw } from "../../test/support/ssh-packets.ts";

const ABUSED = "SSHProtocolAbused";

/** A host that does this once the client wants the daemon's socket, which it does not answer. */
function afterLogin(attack: (client: Connection) => void) {
  return startFakeSshd((client) => forwards(() => attack(client))(client));
}

/** A host that does this as soon as keys are exchanged. */
function beforeLogin(attack: (client: Connection) => void) {
  return startFakeSshd((client) => client.once("handshake", () => attack(client)));
}

function flood(client: Connection, payload: Buffer, count: number): void {
  for (let i = 0; i < count && sendRaw(client, payload); i++);
}

async function failureAt(sshd: Awaited<ReturnType<typeof startFakeSshd>>) {
  const { failure, close } = attempt(sshd);
  const found = await failure();
  await allClosed(sshd);
  close();
  return found;
}

describe("a host that sends without end", () => {
  const kinds = ["keepalive", "globalRequest", "ignore", "debug", "unknown", "unimplemented", "banner"] as const;
  const onChannels = ["emptyData", "windowAdjust", "channelRequest", "channelOpen"] as const;

  it.each([...kinds, ...onChannels])("%s packets after the login is left", async (kind) => {
    const sshd = await afterLogin((client) => flood(client, PACKETS[kind], 6_000));
    expect(await failureAt(sshd)).toMatchObject({ reason: ABUSED });
  });

  it.each(["ignore", "debug", "banner", "unimplemented", "unknown"] as const)(
    "%s packets before the login is left",
    async (kind) => {
      const sshd = await beforeLogin((client) => flood(client, PACKETS[kind], 300));
      expect(await failureAt(sshd)).toMatchObject({
        reason: ABUSED,
        message: expect.stringContaining("before the login"),
      });
    },
  );

  it.each([
    ["large packets that carry nothing", (client: Connection) => flood(client, ignoreOf(20_000), 200)],
    ["one that is larger than any that carries nothing", (client: Connection) => flood(client, ignoreOf(34_000), 1)],
    ["lists of host keys", (client: Connection) => flood(client, hostKeysOf([]), 5)],
    [
      "a list of host keys that would take long to read",
      (client: Connection) => flood(client, hostKeysOf(Array(600).fill(Buffer.alloc(51))), 1),
    ],
    ["content against the window of the channel", (client: Connection) => flood(client, dataOf(30_000), 200)],
    ["content byte by byte", (client: Connection) => flood(client, dataOf(1), 60_000)],
  ])("%s after the login is left", async (_what, attack) => {
    const sshd = await afterLogin(attack);
    const { failure, close } = attempt(sshd);
    // Content that is not HTTP may end it sooner.
    expect(["SSHProtocolAbused", "NotADockerEndpoint"]).toContain((await failure()).reason);
    close();
    await allClosed(sshd);
  });

  it("large banners before the login is left", async () => {
    const sshd = await beforeLogin((client) => flood(client, bannerOf(20_000), 20));
    expect(await failureAt(sshd)).toMatchObject({ reason: ABUSED });
  });

  it("exchanges of keys is left", async () => {
    let exchanges = 0;
    const sshd = await startFakeSshd((client) => {
      const again = () => {
        exchanges++;
        client.rekey(again);
      };
      client.once("ready", again);
      forwards(() => {})(client);
    });
    expect(await failureAt(sshd)).toMatchObject({ reason: ABUSED, message: expect.stringContaining("key exchanges") });
    expect(exchanges).toBeLessThan(20);
  });

  it("lines in front of its name is left", async () => {
    const { key, knownHosts } = await startFakeSshd(() => {});
    const server = await startRawServer((socket) => {
      for (let i = 0; i < 500; i++) socket.write(`${"x".repeat(1_000)}\r\n`);
    });
    onTestFinished(() => server.close());
    const { failure, close } = attempt({ port: server.port, key, knownHosts });
    expect(await failure()).toMatchObject({ reason: ABUSED });
    close();
  });
});

describe("a host that sends what hosts send", () => {
  it("keepalives, banners, its keys and new keys between large answers is served", async () => {
    const body = "x".repeat(3 * 1024 * 1024);
    const sshd = await startFakeSshd((client) => {
      client.once("handshake", () => flood(client, bannerOf(8_000), 2));
      client.once("ready", () => flood(client, hostKeysOf([]), 1));
      forwards(({ channel }) => {
        flood(client, PACKETS.keepalive, 500);
        answers(channel, `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      })(client);
    });
    const { get, close } = attempt(sshd);
    for (let i = 0; i < 4; i++) expect((await get()).length).toBe(body.length + "200 ".length);
    close();
  });
});

describe("a host with other algorithms", () => {
  const config = (algorithms: object) =>
    startFakeSshd(
      forwards(({ channel }) => answers(channel, OK)),
      { algorithms },
    );

  it.each([
    [
      "group exchange",
      { kex: ["diffie-hellman-group-exchange-sha256"] },
      "only diffie-hellman-group-exchange-sha256 for key exchange",
      "KexAlgorithms",
    ],
    [
      "SHA-1",
      { kex: ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"] },
      "only diffie-hellman-group14-sha1, diffie-hellman-group1-sha1 for key exchange",
      "KexAlgorithms",
    ],
    [
      "groups that are too large",
      { kex: ["diffie-hellman-group18-sha512"] },
      "only diffie-hellman-group18-sha512 for key exchange",
      "KexAlgorithms",
    ],
    ["old ciphers", { cipher: ["aes256-cbc"] }, "only aes256-cbc for encryption", "Ciphers"],
    ["old MACs", { cipher: ["aes128-ctr"], hmac: ["hmac-sha1"] }, "only hmac-sha1 for message authentication", "MACs"],
    ["compression", { compress: ["zlib@openssh.com"] }, "only zlib@openssh.com for compression", "Compression no"],
  ])("is refused with what it offers, if that is only %s", async (_what, algorithms, offered, setting) => {
    const sshd = await config(algorithms);
    const failure = await failureAt(sshd);
    expect(failure).toMatchObject({ reason: "SSHHandshakeFailed" });
    expect(failure.message).toContain(offered);
    expect(failure.message).toContain(setting);
  });

  it.each([
    { kex: ["diffie-hellman-group16-sha512"], cipher: ["aes256-ctr"], hmac: ["hmac-sha2-256"] },
    { kex: ["diffie-hellman-group14-sha256"], cipher: ["chacha20-poly1305@openssh.com"] },
    { kex: ["ecdh-sha2-nistp521"], cipher: ["aes256-gcm@openssh.com"] },
    { kex: ["curve25519-sha256@libssh.org"], cipher: ["aes128-ctr"], hmac: ["hmac-sha2-512-etm@openssh.com"] },
  ])("is served with $kex and $cipher", async (algorithms) => {
    const { get, close } = attempt(await config(algorithms));
    expect(await get()).toBe("200 ok");
    close();
  });
});
