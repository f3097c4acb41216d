import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseEndpoint } from "../../src/docker/endpoint.ts";
import { execute } from "../env/binaries/run-command.ts";

const { docker } = inject("environment").dockers.new;

/** Docker's client logs in with the `ssh` command: a replacement on the PATH shows for which user. */
describe("the user of an SSH address", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ssh-users-"));
    const ssh = join(folder, "ssh");
    await writeFile(ssh, `#!/bin/sh\nprintf '%s\\n' "$@" > "$HOME/arguments"\nexit 1\n`);
    await chmod(ssh, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ["ssh://joe@edge-7", "joe"],
    ["ssh://joe@corp.example@edge-7", "joe@corp.example"],
    ["ssh://joe%40corp.example@edge-7", "joe@corp.example"],
    ["ssh://CORP%5Cjoe@edge-7", "CORP\\joe"],
    ["ssh://joe+fleet@edge-7:2222", "joe+fleet"],
    ["ssh://joe%2Bfleet@edge-7", "joe+fleet"],
  ])("is the same to Docker's client and to the product: %s", async (host, user) => {
    const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder, DOCKER_HOST: host };
    expect((await execute(docker, ["version"], { env })).code).not.toBe(0);
    const told = (await readFile(join(folder, "arguments"), "utf8")).split("\n");
    expect(told[told.indexOf("-l") + 1]).toBe(user);
    expect(parseEndpoint(host, false)).toMatchObject({ ok: true, value: { kind: "ssh", user, host: "edge-7" } });
  });
});
