import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../../env/environment.ts";
import { knownHostsOf, SshWorld } from "./world.ts";

const environment = connectEnvironment(inject("environment"));
const { socket } = environment.dockers.new.facts;

/** Logins of directories, as spec.host spells them, as sshd knows them, and as the status shows them. */
const USERS = [
  ["mail", "joe@corp.example", "joe@corp.example", "joe%40corp.example"],
  ["encoded-mail", "joe%40corp.example", "joe@corp.example", "joe%40corp.example"],
  ["domain", "CORP\\joe", "CORP\\joe", "CORP%5Cjoe"],
  ["encoded-domain", "CORP%5Cjoe", "CORP\\joe", "CORP%5Cjoe"],
  ["plus", "joe+fleet", "joe+fleet", "joe+fleet"],
] as const;

let world: SshWorld;
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(() => world?.stop());

describe("a login of a directory", () => {
  it("is taken as docker takes it, by the API server, the controller and sshd", async () => {
    const users = [...new Set(USERS.map(([, , user]) => user))];
    const server = await world.server("directory", { users });
    for (const [name, user, , shown] of USERS) {
      await world.applyHost(name, { port: server.port, socket, user, knownHosts: knownHostsOf(server) });
      const { status } = await world.namespace.waitFor(name, { type: "Ready", status: "True" });
      expect(status?.endpoint).toBe(`ssh://${shown}@127.0.0.1:${server.port}${socket}`);
    }
    const log = await server.log();
    // sshd writes a backslash twice.
    for (const user of users) expect(log.replaceAll("\\\\", "\\")).toContain(`Accepted publickey for ${user} from`);
  });
});
