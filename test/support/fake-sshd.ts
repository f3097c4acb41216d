import type { AddressInfo } from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerConfig } from "ssh2";
import { onTestFinished } from "vitest";
import { type KnownHosts, parseKnownHosts } from "../../src/ssh/known-hosts.ts";
import { readSshKey, type SshKey } from "../../src/ssh/private-key.ts";
import { sshKeyPair } from "./ssh-keys.ts";

/** An SSH server within the test, which does to each client what the test says; every key may log in unless the test says otherwise. */
export interface FakeSshd {
  readonly port: number;
  readonly key: SshKey;
  readonly knownHosts: KnownHosts;
  /** SSH connections that are open. */
  readonly open: number;
  /** Ways of logging in that were tried. */
  readonly methods: readonly string[];
}

export async function startFakeSshd(
  onClient: (client: Connection) => void,
  config: Partial<ServerConfig> = {},
  logIn: (context: AuthContext) => void = (context) =>
    context.method === "publickey" ? context.accept() : context.reject(),
): Promise<FakeSshd> {
  const host = sshKeyPair();
  const clients = new Set<Connection>();
  const methods: string[] = [];
  const server = new ssh2.Server({ hostKeys: [host.private], ...config }, (client) => {
    clients.add(client);
    // The types lack it; without it, small answers wait for each other.
    Reflect.apply(Reflect.get(client, "setNoDelay"), client, [true]);
    client.on("error", () => {});
    client.on("close", () => clients.delete(client));
    client.on("authentication", (context: AuthContext) => {
      methods.push(context.method);
      logIn(context);
    });
    onClient(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    for (const client of clients) client.end();
    server.close();
  });
  const key = readSshKey(sshKeyPair().private);
  const knownHosts = parseKnownHosts(`[127.0.0.1]:${port} ${host.public}`);
  if (!key.ok || !knownHosts.ok) throw new Error("the keys of the test cannot be used");
  return {
    port,
    key: key.value,
    knownHosts: knownHosts.value,
    get open() {
      return clients.size;
    },
    methods,
  };
}
