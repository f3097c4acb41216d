import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connectEnvironment } from "../../env/environment.ts";
import type { SshServer } from "../../env/ssh-server.ts";
import { eventually } from "../../support/eventually.ts";
import { Program } from "../program.ts";
import { knownHostsOf, SshWorld } from "./world.ts";

const environment = connectEnvironment(inject("environment"));
const { dockers, registry } = environment;
const NO_PROGRAMS = "/nonexistent";

let world: SshWorld;
beforeAll(async () => {
  world = await SshWorld.start(environment);
});
afterAll(() => world?.stop());

/** Each pass has its own connection, and leaves none. */
async function expectConnections(server: SshServer, count: number): Promise<void> {
  await eventually(async () => expect(await server.connections()).toEqual({ accepted: count, ended: count }));
}

describe.each([
  { label: "Docker 20.10", docker: dockers.old, key: "old", version: /^20\.10\./ },
  { label: "Docker 29", docker: dockers.new, key: "new", version: /^29\./ },
] as const)("$label over SSH", ({ docker, key: id, version }) => {
  const ways = [
    { way: "forwarding of its socket", name: `${id}-forwarding`, options: { path: NO_PROGRAMS }, command: 0 },
    { way: "docker system dial-stdio", name: `${id}-command`, options: { streamLocal: false }, command: 2 },
  ];

  it.each(ways)(
    "is Ready and checked by $way, over one connection for each pass",
    async ({ name, options, command }) => {
      const image = `${registry.facts.host}/ssh/${name}:1`;
      await docker.importImage(image);
      await docker.push(image);
      await docker.runContainer({ name: `ssh-${name}`, image });
      const server = await world.server(name, options);
      await world.namespace.applySecret("registry-ca", { "ca.crt": registry.facts.ca });
      await world.applyHost(name, {
        port: server.port,
        socket: docker.facts.socket,
        knownHosts: knownHostsOf(server),
        spec: { updateCheck: { registries: [{ host: registry.facts.host, certSecretRef: { name: "registry-ca" } }] } },
      });
      await world.expectReady(name);
      const { status } = await world.namespace.waitFor(name, { type: "UpdateCheckSucceeded", status: "True" });
      await docker.removeContainer(`ssh-${name}`);
      expect(status).toMatchObject({
        endpoint: `ssh://root@127.0.0.1:${server.port}${docker.facts.socket}`,
        tlsMode: "None",
        engine: { version: expect.stringMatching(version) },
        updates: {
          items: expect.arrayContaining([expect.objectContaining({ container: `ssh-${name}`, verdict: "UpToDate" })]),
        },
      });
      expect(status?.warnings).toBeUndefined();
      expect(status?.conditions).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: "CredentialsValid", status: "True", reason: "CredentialsLoaded" }),
          expect.objectContaining({ type: "Connected", message: expect.stringMatching(/ over SSH$/) }),
        ]),
      );
      // One of the connection, one of the check.
      await expectConnections(server, 2);
      expect((await server.log()).match(/Starting session: command/g)?.length ?? 0).toBe(command);
      // The next one has the same daemon, which is worth a warning.
      await world.namespace.kubectl("delete", "dockerhost", name);
    },
  );
});

describe("dockerhost check", () => {
  it("reaches a host over SSH by the files that flags name", async () => {
    const server = await world.server("check");
    const [keyFile, knownHosts] = [join(world.folder, "client"), join(world.folder, "known-hosts")];
    await writeFile(knownHosts, knownHostsOf(server).join("\n"));
    const host = `ssh://root@127.0.0.1:${server.port}${dockers.new.facts.socket}`;
    const flags = ["--host", host, "--ssh-key", keyFile, "--known-hosts", knownHosts];
    const program = Program.start(["check", ...flags, "-o", "wide"]);
    expect([await program.exited, program.output]).toEqual([0, expect.stringContaining("over SSH")]);
    expect(program.output).not.toContain("Warning");
  });
});
