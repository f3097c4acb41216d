import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { startRawServer } from "../../test/support/raw-server.ts";
import { PacedStream } from "./paced-stream.ts";

async function paced(content: Buffer, check: (bytes: number) => Error | undefined = () => undefined) {
  const received: Buffer[] = [];
  const server = await startRawServer((peer) => {
    peer.on("data", (bytes) => received.push(bytes));
    peer.end(content);
  });
  onTestFinished(() => server.close());
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  return { stream: new PacedStream(socket, check), socket, received };
}

describe("a paced stream", () => {
  it("passes on everything in small slices, one in each turn of the event loop", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const { stream } = await paced(content);
    const slices: Buffer[] = [];
    const turns = new Set<number>();
    let turn = 0;
    const count = () => {
      turn++;
      ticking = setImmediate(count);
    };
    let ticking = setImmediate(count);
    stream.on("data", (slice: Buffer) => {
      expect(slice.length).toBeLessThanOrEqual(4_096);
      turns.add(turn);
      slices.push(slice);
    });
    await once(stream, "end");
    clearImmediate(ticking);
    expect(turns.size).toBe(slices.length);
    expect(Buffer.concat(slices).equals(content)).toBe(true);
  });

  it("ends with its socket when the check refuses, and passes on nothing more", async () => {
    const refusal = new Error("too much");
    let allowed = 3;
    const { stream, socket } = await paced(Buffer.alloc(100_000), () => (allowed-- > 0 ? undefined : refusal));
    let bytes = 0;
    stream.on("data", (slice: Buffer) => {
      bytes += slice.length;
    });
    expect(await once(stream, "error")).toEqual([refusal]);
    expect(bytes).toBeLessThanOrEqual(3 * 4_096);
    expect(socket.destroyed).toBe(true);
  });

  it("writes what it is given", async () => {
    const { stream, received } = await paced(Buffer.from("hello"));
    stream.resume();
    stream.end("to the server");
    await once(stream, "close");
    expect(Buffer.concat(received).toString()).toBe("to the server");
  });

  it("has passed everything to its socket when that is destroyed", async () => {
    const { stream, socket, received } = await paced(Buffer.from("hello"));
    for (const word of ["one ", "two ", "farewell"]) stream.write(word);
    expect(socket.bytesWritten).toBe("one two farewell".length);
    socket.destroy();
    await eventually(() => expect(Buffer.concat(received).toString()).toBe("one two farewell"));
  });
});
