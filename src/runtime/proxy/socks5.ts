import { once } from "node:events";
import { isIP, type Socket } from "node:net";

/** The replies of RFC 1928 that a user can do something about. */
const REPLIES: Readonly<Record<number, string>> = {
  2: "its rules do not allow the connection",
  3: "it cannot reach the network",
  4: "it cannot reach the host",
  5: "the host refused the connection",
};
const [NO_LOGIN, PASSWORD] = [0, 2];

/**
 * Asks a SOCKS5 proxy (RFC 1928, RFC 1929) to connect the socket to the host, whose name the proxy resolves. Throws an
 * error that says what the proxy refuses.
 */
export async function connectBySocks5(socket: Socket, proxy: URL, host: string, port: number): Promise<void> {
  const hasLogin = proxy.username !== "";
  socket.write(Uint8Array.of(5, 1, hasLogin ? PASSWORD : NO_LOGIN));
  const [, method] = await read(socket, 2);
  if (method === PASSWORD && hasLogin) {
    socket.write(
      Buffer.concat([
        Uint8Array.of(1),
        sized(decodeURIComponent(proxy.username)),
        sized(decodeURIComponent(proxy.password)),
      ]),
    );
    const [, status] = await read(socket, 2);
    if (status !== 0) throw new Error("it does not accept the user name and the password");
  } else if (method !== NO_LOGIN) {
    throw new Error("it wants a login that the proxy's URL does not contain");
  }
  socket.write(Buffer.concat([Uint8Array.of(5, 1, 0), address(host), Uint8Array.of(port >> 8, port & 255)]));
  const [, reply = -1, , kind] = await read(socket, 4);
  if (reply !== 0) throw new Error(REPLIES[reply] ?? `it refuses the connection (reply ${reply})`);
  // The address that the proxy uses does not matter.
  const [first = 0] = await read(socket, 1);
  const rest = kind === 1 ? 3 : kind === 4 ? 15 : first;
  await read(socket, rest + 2);
}

function address(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split(".").map(Number)]);
  return Buffer.concat([Uint8Array.of(3), sized(host)]);
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
}

/** Reads exactly this many bytes, and leaves what follows in the socket. */
async function read(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const chunk: Buffer | null = socket.read(bytes);
    if (chunk !== null && chunk.length === bytes) return chunk;
    if (chunk !== null || socket.readableEnded || socket.destroyed) throw new Error("it closed the connection");
    const done = new AbortController();
    await Promise.race(["readable", "end", "close"].map((event) => once(socket, event, { signal: done.signal })));
    done.abort();
  }
}
