import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startRawServer } from "../../test/support/raw-server.ts";
import { temporaryFolder } from "../../test/support/temp-folder.ts";
import { createDialGuard, DialDenied, type DialPolicy, guardAgent, guardedConnect, openGuard } from "./dial-guard.ts";
import { parseIpNetwork } from "./ip-network.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Lists {
  readonly denied?: readonly string[];
  readonly allowed?: readonly string[];
  readonly loopback?: boolean;
  readonly resolve?: LookupFunction;
}

function guardOf({ denied = [], allowed = [], loopback = false, resolve }: Lists = {}) {
  const rules: DialPolicy = { denied: denied.map(network), allowed: allowed.map(network), loopback };
  return createDialGuard(resolve === undefined ? rules : { ...rules, resolve });
}

function network(text: string) {
  const parsed = parseIpNetwork(text);
  if (!parsed.ok) throw new Error(parsed.failure);
  return parsed.value;
}

/** A resolver whose every name has these addresses. */
function resolvesTo(...addresses: readonly string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, options, callback) =>
    options.all ? callback(null, answers) : callback(null, answers[0]?.address ?? "", answers[0]?.family);
}

function lookUp(lookup: LookupFunction, name: string, all = true): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all }, (error, found, family) => {
      if (error) reject(error);
      else resolve(typeof found === "string" ? [{ address: found, family: family ?? 0 }] : found);
    });
  });
}

/** A listener on loopback that counts connections. */
async function listener() {
  const server = await startRawServer((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  cleanups.push(() => server.close());
  return server;
}

describe("the rules", () => {
  it.each([
    ["169.254.169.254", "169.254.0.0/16"],
    ["169.254.0.0", "169.254.0.0/16"],
    ["fe80::1", "fe80::/10"],
    ["fe80::1%eth0", "fe80::/10"],
    ["fd00:ec2::254", "fd00:ec2::254/128"],
    ["fd00:ec2::23", "fd00:ec2::23/128"],
    ["fd20:ce::254", "fd20:ce::254/128"],
    ["100.100.100.200", "100.100.100.200/32"],
    ["::ffff:100.100.100.200", "100.100.100.200/32"],
    ["64:ff9b::100.100.100.200", "100.100.100.200/32"],
    ["2002:6464:64c8::", "100.100.100.200/32"],
    ["::ffff:0:100.100.100.200", "100.100.100.200/32"],
    ["168.63.129.16", "168.63.129.16/32"],
    ["64:ff9b::a83f:8110", "168.63.129.16/32"],
    ["192.0.0.192", "192.0.0.192/32"],
    ["2002:c000:c0::1", "192.0.0.192/32"],
    ["64:ff9b:1::a9fe:a9fe", "64:ff9b:1::/48"],
    ["64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1::/48"],
    ["::169.254.169.254", "::a9fe:0/112"],
    ["::ffff:0:169.254.169.254", "169.254.0.0/16"],
    ["127.0.0.1", "127.0.0.0/8"],
    ["127.255.255.254", "127.0.0.0/8"],
    ["::1", "::1/128"],
    ["::1%lo", "::1/128"],
    // Linux dials loopback for them.
    ["0.0.0.0", "127.0.0.0/8"],
    ["::", "::1/128"],
    ["::ffff:0.0.0.0", "127.0.0.0/8"],
    // IPv4 addresses that are written as IPv6 addresses.
    ["::ffff:169.254.169.254", "169.254.0.0/16"],
    ["::FFFF:A9FE:A9FE", "169.254.0.0/16"],
    ["0:0:0:0:0:ffff:a9fe:a9fe", "169.254.0.0/16"],
    ["::ffff:127.0.0.1", "127.0.0.0/8"],
    ["64:ff9b::169.254.169.254", "169.254.0.0/16"],
    ["64:ff9b::a9fe:a9fe", "169.254.0.0/16"],
    ["64:ff9b::127.0.0.1", "127.0.0.0/8"],
    ["2002:a9fe:a9fe::", "169.254.0.0/16"],
    ["2002:a9fe:a9fe:1::7", "169.254.0.0/16"],
    ["2002:7f00:1::", "127.0.0.0/8"],
  ])("deny %s from the start", (address, by) => {
    expect(guardOf().denial(address)).toMatchObject({ address, network: by, code: "DOCKERHOST_DIAL_DENIED" });
    expect(guardOf().denial(address)?.message).toBe(`connections to ${address} are not allowed (${by} is denied)`);
  });

  it.each([
    "10.0.0.1",
    "192.0.2.7",
    "169.253.255.255",
    "169.255.0.0",
    "128.0.0.1",
    "::2",
    "2001:db8::1",
    "fec0::1",
    "fd00:ec2::253",
    "fd20:ce::253",
    "100.100.100.201",
    "168.63.129.17",
    "192.0.0.191",
    "64:ff9b:2::1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:a00:1::",
  ])("allow %s from the start", (address) => {
    expect(guardOf().denial(address)).toBeUndefined();
  });

  it("allow loopback if it is not denied from the start, but nothing else", () => {
    const guard = guardOf({ loopback: true });
    for (const own of ["127.0.0.1", "::1", "0.0.0.0", "::"]) expect(guard.denial(own)).toBeUndefined();
    expect(guard.denial("169.254.169.254")).toBeInstanceOf(DialDenied);
    expect(guardOf({ loopback: true, denied: ["127.0.0.0/8"] }).denial("0.0.0.0")).toBeInstanceOf(DialDenied);
  });

  it("deny what the program knows about its surroundings, unless an equally specific rule allows it", () => {
    const surroundings = ["10.96.0.1/32", "fd12::1/128"].map(network);
    const guard = createDialGuard({ denied: [], allowed: ["10.0.0.0/8"].map(network), loopback: false, surroundings });
    for (const text of ["10.96.0.1", "::ffff:10.96.0.1", "64:ff9b::10.96.0.1", "fd12::1"]) {
      expect(guard.denial(text)).toBeInstanceOf(DialDenied);
    }
    for (const text of ["10.96.0.2", "fd12::2"]) expect(guard.denial(text)).toBeUndefined();
    const allowed = ["10.96.0.1/32"].map(network);
    expect(createDialGuard({ denied: [], allowed, loopback: false, surroundings }).denial("10.96.0.1")).toBeUndefined();
  });

  it("deny addresses that cannot be parsed", () => {
    for (const text of ["", "edge-7", "127.1", "::1::"]) expect(guardOf().denial(text)).toBeInstanceOf(DialDenied);
  });

  const exclusive: Lists = { denied: ["0.0.0.0/0", "::/0"], allowed: ["10.0.0.0/8", "fd12::/16"] };
  it.each<[string, Lists, string, boolean]>([
    ["the longer prefix allows", { denied: ["10.0.0.0/8"], allowed: ["10.1.0.0/16"] }, "10.1.2.3", true],
    ["the shorter one does not", { denied: ["10.0.0.0/8"], allowed: ["10.1.0.0/16"] }, "10.2.0.0", false],
    ["the longer prefix denies", { denied: ["10.1.0.0/16"], allowed: ["10.0.0.0/8"] }, "10.1.2.3", false],
    ["at the same length it is denied", { denied: ["10.0.0.0/8"], allowed: ["10.0.0.0/8"] }, "10.1.2.3", false],
    ["what no list names is allowed", { denied: ["10.0.0.0/8"], allowed: ["10.1.0.0/16"] }, "11.0.0.1", true],
    ["an exclusive list: inside", exclusive, "10.1.2.3", true],
    ["an exclusive list: inside, of IPv6", exclusive, "fd12::7", true],
    ["an exclusive list: outside", exclusive, "192.0.2.7", false],
    ["an exclusive list: outside, of IPv6", exclusive, "2001:db8::1", false],
    ["an exclusive list: inside, through NAT64", exclusive, "64:ff9b::10.1.2.3", true],
    ["an exclusive list: outside, through NAT64", exclusive, "64:ff9b::192.0.2.7", false],
    ["an exclusive list: as an IPv4-mapped address", exclusive, "::ffff:10.1.2.3", true],
    ["a flag is stronger than what is built in", { allowed: ["127.0.0.0/8"] }, "127.0.0.1", true],
    ["of the other family it is not", { allowed: ["127.0.0.0/8"] }, "::1", false],
    ["a shorter one is not", { allowed: ["0.0.0.0/0"] }, "169.254.169.254", false],
    ["a flag may allow a single address", { allowed: ["169.254.7.7"] }, "169.254.7.7", true],
    ["and its neighbour stays denied", { allowed: ["169.254.7.7"] }, "169.254.7.8", false],
    [
      "named in both, what is built in stays denied",
      { denied: ["127.0.0.0/8"], allowed: ["127.0.0.0/8"] },
      "127.0.0.1",
      false,
    ],
    ["NAT64 as a whole", { denied: ["64:ff9b::/96"] }, "64:ff9b::10.1.2.3", false],
  ])("%s", (_label, lists, address, allowed) => {
    expect(guardOf(lists).denial(address) === undefined).toBe(allowed);
  });
});

describe("the lookup", () => {
  const mixed = resolvesTo("169.254.169.254", "192.0.2.7", "::1", "2001:db8::1");

  it("leaves out the addresses that are denied", async () => {
    const { lookup } = guardOf({ resolve: mixed });
    expect(await lookUp(lookup, "edge-7.test")).toEqual([
      { address: "192.0.2.7", family: 4 },
      { address: "2001:db8::1", family: 6 },
    ]);
    expect(await lookUp(lookup, "edge-7.test", false)).toEqual([{ address: "192.0.2.7", family: 4 }]);
  });

  it("fails if none is left, with the same message for any order of the answers", async () => {
    for (const answers of [
      ["::1", "169.254.169.254"],
      ["169.254.169.254", "::1"],
    ]) {
      const { lookup } = guardOf({ resolve: resolvesTo(...answers) });
      for (const all of [true, false]) {
        await expect(lookUp(lookup, "edge-7.test", all)).rejects.toMatchObject({
          name: "DialDenied",
          address: "169.254.169.254",
        });
      }
    }
  });

  it("passes errors on, and does not treat an empty answer as a success", async () => {
    const fails: LookupFunction = (_name, _options, callback) =>
      callback(Object.assign(new Error("no"), { code: "EAI_AGAIN" }), "");
    await expect(lookUp(guardOf({ resolve: fails }).lookup, "x.test")).rejects.toMatchObject({ code: "EAI_AGAIN" });
    await expect(lookUp(guardOf({ resolve: resolvesTo() }).lookup, "x.test")).rejects.toMatchObject({
      code: "ENOTFOUND",
    });
  });

  it("accepts a resolver that returns a single answer", async () => {
    const single: LookupFunction = (_name, _options, callback) => callback(null, "127.0.0.1", 4);
    await expect(lookUp(guardOf({ resolve: single }).lookup, "x.test")).rejects.toBeInstanceOf(DialDenied);
    expect(await lookUp(guardOf({ resolve: single, loopback: true }).lookup, "x.test")).toEqual([
      { address: "127.0.0.1", family: 4 },
    ]);
  });

  it.each(["2130706433", "0177.1", "127.1", "0x7f000001", "localhost"])(
    "checks what the system makes of %s",
    async (spelling) => {
      await expect(lookUp(guardOf().lookup, spelling)).rejects.toBeInstanceOf(DialDenied);
    },
  );
});

describe("guardedConnect", () => {
  it("connects to allowed hosts, by address and by name", async () => {
    const { port } = await listener();
    for (const guard of [openGuard(), guardOf({ loopback: true })]) {
      for (const host of ["127.0.0.1", "localhost"]) {
        const socket = guardedConnect({ host, port }, guard);
        await once(socket, "connect");
        socket.destroy();
      }
    }
  });

  it.each(["127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "127.1", "2130706433", "localhost"])(
    "fails by an error event and dials nothing for %s",
    async (host) => {
      const server = await listener();
      const socket = guardedConnect({ host, port: server.port }, guardOf());
      const [error] = await once(socket, "error").catch((thrown) => [thrown]);
      expect(error).toBeInstanceOf(DialDenied);
      expect(socket.destroyed).toBe(true);
      expect(server.accepted).toBe(0);
    },
  );

  it("resolves a name once, and dials what was checked", async () => {
    const { port } = await listener();
    let asked = 0;
    const rebinding: LookupFunction = (name, options, callback) =>
      resolvesTo(asked++ === 0 ? "127.0.0.1" : "169.254.169.254")(name, options, callback);
    const socket = guardedConnect({ host: "rebinding.test", port }, guardOf({ loopback: true, resolve: rebinding }));
    await once(socket, "connect");
    expect(socket.remoteAddress).toBe("127.0.0.1");
    expect(asked).toBe(1);
    socket.destroy();
  });
});

describe("guardAgent", () => {
  function get(agent: http.Agent, url: string): Promise<number | undefined> {
    cleanups.push(() => agent.destroy());
    return new Promise((resolve, reject) => {
      const send = url.startsWith("https:") ? https.get : http.get;
      send(url, { agent }, (response) => resolve(response.resume().statusCode)).on("error", reject);
    });
  }

  it.each([
    ["an address", "127.0.0.1"],
    ["an address in another spelling", "2130706433"],
    ["any address", "0.0.0.0"],
    ["an IPv4-mapped address", "[::ffff:127.0.0.1]"],
    ["a name", "localhost"],
  ])("refuses %s, in plaintext and over TLS, and dials nothing", async (_label, host) => {
    const server = await listener();
    for (const [agent, scheme] of [
      [new http.Agent(), "http"],
      [new https.Agent(), "https"],
      [new http.Agent({ keepAlive: true, maxSockets: 1 }), "http"],
    ] as const) {
      const guarded = guardAgent(agent, guardOf());
      await expect(get(guarded, `${scheme}://${host}:${server.port}/`)).rejects.toBeInstanceOf(DialDenied);
      // A refused connection does not take the place of another.
      await expect(get(guarded, `${scheme}://${host}:${server.port}/`)).rejects.toBeInstanceOf(DialDenied);
    }
    expect(server.accepted).toBe(0);
  });

  it("lets through what is allowed, whatever resolver the request brings", async () => {
    const { port } = await listener();
    expect(await get(guardAgent(new http.Agent(), guardOf({ loopback: true })), `http://localhost:${port}/`)).toBe(200);
    const agent = guardAgent(new http.Agent({ lookup: resolvesTo("127.0.0.1") }), guardOf());
    await expect(get(agent, `http://localhost:${port}/`)).rejects.toBeInstanceOf(DialDenied);
  });

  it("gives each address of a name more time than Node, which fails hosts behind slow links", () => {
    const agent = new http.Agent();
    const dialled: object[] = [];
    agent.createConnection = (options) => {
      dialled.push(options);
      return undefined;
    };
    guardAgent(agent, guardOf()).createConnection({ host: "edge-7.test", port: 2376 });
    expect(dialled).toMatchObject([{ host: "edge-7.test", autoSelectFamilyAttemptTimeout: 2_000 }]);
  });

  it("does not concern sockets of the file system", async () => {
    const socketPath = join(await temporaryFolder(), "docker.sock");
    const server = http.createServer((_request, response) => response.end()).listen(socketPath);
    cleanups.push(() => server.close());
    await once(server, "listening");
    const agent = guardAgent(new http.Agent(), guardOf({ denied: ["0.0.0.0/0", "::/0"] }));
    const [response] = await once(http.get({ socketPath, agent, host: "127.0.0.1" }), "response");
    expect(response.resume().statusCode).toBe(200);
  });
});

describe("a guard for addresses that a server names", () => {
  const guard = guardOf({ denied: ["10.9.0.0/16"], allowed: ["10.1.0.0/16", "127.0.0.0/8"] });
  const reached = (address: string) =>
    (["anywhere", "public", "named"] as const).filter((reach) => guard.narrowed(reach).denial(address) === undefined);

  it.each([
    ["8.8.8.8", ["anywhere", "public", "named"]],
    ["2606:4700::6810:85e5", ["anywhere", "public", "named"]],
    ["64:ff9b::8.8.8.8", ["anywhere", "public", "named"]],
    ["10.2.0.1", ["anywhere"]],
    ["::ffff:10.2.0.1", ["anywhere"]],
    ["64:ff9b::10.2.0.1", ["anywhere"]],
    ["fd12::1", ["anywhere"]],
    ["10.1.0.1", ["anywhere", "named"]],
    ["64:ff9b::10.1.0.1", ["anywhere", "named"]],
    ["127.0.0.1", ["anywhere", "named"]],
    ["0.0.0.0", ["anywhere", "named"]],
    ["10.9.0.1", []],
    ["169.254.169.254", []],
    ["::1", []],
  ])("reaches %s from %j", (address, from) => {
    expect(reached(address)).toEqual(from);
  });

  it("says why, and checks what a name resolves to", async () => {
    const resolve = resolvesTo("10.2.0.1", "8.8.8.8");
    const narrowed = guardOf({ resolve }).narrowed("public");
    expect(await lookUp(narrowed.lookup, "both")).toEqual([{ address: "8.8.8.8", family: 4 }]);
    await expect(
      lookUp(guardOf({ resolve: resolvesTo("10.2.0.1") }).narrowed("public").lookup, "inner"),
    ).rejects.toThrow(
      "connections to 10.2.0.1 are not allowed (a server on the Internet must not lead to a private address)",
    );
    expect(guard.narrowed("public").narrowed("anywhere").denial("10.2.0.1")).toBeUndefined();
  });

  it("lets private servers name each other if every address counts as named", () => {
    const free = createDialGuard({ denied: [], allowed: [], loopback: true, namesAll: true });
    expect(free.narrowed("named").denial("10.2.0.1")).toBeUndefined();
    expect(free.narrowed("public").denial("10.2.0.1")).toBeInstanceOf(DialDenied);
  });
});
