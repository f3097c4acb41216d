import { getDiffieHellman, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { type RawServer, startRawServer } from "./raw-server.ts";

const MESSAGE = { kexInit: 20, group: 31, groupRequest: 34 } as const;
/** Of 8192 bits, the most that a client may be sent: to see that it is a prime takes JavaScript half a minute. */
const PRIME = getDiffieHellman("modp18").getPrime();

/** An SSH server that has only group exchange to offer, and in that a number that takes long to test. It shows no host key. */
export function startPrimeServer(): Promise<RawServer> {
  return startRawServer((socket) => {
    socket.write("SSH-2.0-primes\r\n");
    socket.write(packet(kexInit()));
    readPackets(socket, (message) => {
      if (message === MESSAGE.groupRequest) socket.write(packet(group()));
    });
  });
}

/** Calls back with the number of each message that is not encrypted. */
function readPackets(socket: Socket, onMessage: (message: number | undefined) => void): void {
  let received = Buffer.alloc(0);
  let isGreeted = false;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf("\n");
    if (!isGreeted && end === -1) return;
    if (!isGreeted) received = received.subarray(end + 1);
    isGreeted = true;
    while (received.length > 5 && received.length >= 4 + received.readUInt32BE(0)) {
      onMessage(received[5]);
      received = received.subarray(4 + received.readUInt32BE(0));
    }
  });
}

function kexInit(): Buffer {
  const lists = [
    "diffie-hellman-group-exchange-sha256",
    "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256",
    ...Array(2).fill("aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr"),
    ...Array(2).fill("hmac-sha2-256-etm@openssh.com,hmac-sha2-256"),
    ...Array(2).fill("none"),
    ...Array(2).fill(""),
  ];
  const parts = lists.map((list) => withLength(Buffer.from(list)));
  return Buffer.concat([Buffer.from([MESSAGE.kexInit]), randomBytes(16), ...parts, Buffer.alloc(5)]);
}

function group(): Buffer {
  const prime = Buffer.concat([Buffer.alloc(1), PRIME]);
  return Buffer.concat([Buffer.from([MESSAGE.group]), withLength(prime), withLength(Buffer.from([2]))]);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** As it is before keys are exchanged. */
function packet(payload: Buffer): Buffer {
  // At least four bytes, so that the whole is a multiple of eight.
  const padding = 4 + ((8 - ((payload.length + 5 + 4) % 8)) % 8);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(payload.length + padding + 1, 0);
  head.writeUInt8(padding, 4);
  return Buffer.concat([head, payload, Buffer.alloc(padding)]);
}
