import type { Connection } from "ssh2";

/** Messages of SSH (RFC 4250) that carry nothing for the one who receives them. */
const text = (value: string) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const flag = (value: boolean) => Buffer.from([value ? 1 : 0]);
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const PACKETS = {
  keepalive: Buffer.concat([Buffer.from([80]), text("keepalive@openssh.com"), flag(true)]),
  globalRequest: Buffer.concat([Buffer.from([80]), text("anything@example.com"), flag(false)]),
  ignore: Buffer.concat([Buffer.from([2]), text("")]),
  debug: Buffer.concat([Buffer.from([4]), flag(false), text("x"), text("")]),
  banner: Buffer.concat([Buffer.from([53]), text("welcome\n"), text("")]),
  unknown: Buffer.from([192, 1]),
  unimplemented: Buffer.concat([Buffer.from([3]), number(0)]),
  emptyData: Buffer.concat([Buffer.from([94]), number(0), text("")]),
  windowAdjust: Buffer.concat([Buffer.from([93]), number(0), number(1)]),
  channelRequest: Buffer.concat([Buffer.from([98]), number(0), text("keepalive@openssh.com"), flag(true)]),
  channelOpen: Buffer.concat([Buffer.from([90]), text("anything"), number(1), number(1), number(1)]),
} as const;

export function ignoreOf(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([2]), text("x".repeat(bytes))]);
}

export function bannerOf(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([53]), text("x".repeat(bytes)), text("")]);
}

export function dataOf(bytes: number): Buffer {
  return Buffer.concat([Buffer.from([94]), number(0), text("x".repeat(bytes))]);
}

/** A list of host keys, as OpenSSH sends one after the login. */
export function hostKeysOf(keys: readonly Buffer[]): Buffer {
  const lists = keys.map((key) => Buffer.concat([number(key.length), key]));
  return Buffer.concat([Buffer.from([80]), text("hostkeys-00@openssh.com"), flag(false), ...lists]);
}

/** Sends a message for which ssh2 has no method. Returns false if the connection has ended. */
export function sendRaw(connection: Connection, payload: Buffer): boolean {
  const protocol = Reflect.get(connection, "_protocol");
  try {
    const writer = protocol._packetRW.write;
    const start: number = writer.allocStartKEX;
    const packet: Buffer = writer.alloc(payload.length, true);
    packet.set(payload, start);
    protocol._cipher.encrypt(writer.finalize(packet, true));
    return true;
  } catch {
    return false;
  }
}
