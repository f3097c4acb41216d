import { randomBytes } from "node:crypto";
import { startRawServer } from "../../support/raw-server.ts";
import { sshKeyPair } from "../../support/ssh-keys.ts";
import { type Attack, manyHosts } from "./attack.ts";

const SECRET = "hostile-ssh";

/** Servers that name themselves as SSH servers and then send noise for as long as they are listened to. */
export async function sshNoise(hosts = 20): Promise<Attack> {
  const noise = randomBytes(256 * 1024);
  const server = await startRawServer((socket) => {
    socket.write("SSH-2.0-noise\r\n");
    const pour = () => {
      while (!socket.destroyed && socket.write(noise));
    };
    socket.on("drain", pour);
    socket.once("data", pour);
  });
  return {
    name: "SSH servers that send noise",
    hosts: manyHosts("noise", hosts, () => ({
      host: `ssh://docker@127.0.0.1:${server.port}`,
      ssh: { secretRef: { name: SECRET }, hostKeyChecking: "Disabled" },
      timeout: "10s",
      interval: "10m",
    })),
    secrets: { [SECRET]: { "ssh-privatekey": sshKeyPair().private } },
    shows: {
      host: "noise-0",
      type: "Connected",
      reasons: ["NotAnSSHServer"],
    },
    seen: () => server.accepted,
    stop: () => server.close(),
  };
}
