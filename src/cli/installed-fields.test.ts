import { describe, expect, it } from "vitest";
import { FakeApiServer } from "../../test/support/fake-api-server.ts";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { MemoryLogger } from "../../test/support/memory-logger.ts";
import { ApiClient } from "../runtime/api-client.ts";
import { InstalledFields } from "./installed-fields.ts";

const NEVER = new AbortController().signal;

/** What is found when the API server answers a request for the schemas with this. */
async function examine(answer: { readonly status: number } | { readonly text: string }) {
  const server = new FakeApiServer();
  await server.start();
  server.fail(() => true, "text" in answer ? { kind: "body", ...answer } : { kind: "status", ...answer }, 99);
  const client = new ApiClient({ cluster: server.cluster, clock: new FakeClock(), userAgent: "test/1" });
  const fields = new InstalledFields();
  const logger = new MemoryLogger();
  const before = fields.check.check();
  const refusal = await fields.require(client, NEVER, logger).catch((error: Error) => error.message);
  await client.close();
  await server.stop();
  const after = fields.check.check();
  return { before, refusal, after, logged: logger.lines.map(({ message }) => message), asked: server.requests.length };
}

const UNEXAMINED = "the installed definitions have not been examined yet";
const schemas = (properties: object) => {
  const names = ["DockerHost", "ContainerUpdate"].map((kind) => `dev.dockerhost.v1alpha1.${kind}`);
  return {
    text: JSON.stringify({ components: { schemas: Object.fromEntries(names.map((n) => [n, { properties }])) } }),
  };
};

describe("the fields of the installed definitions", () => {
  it("are read with one request for all kinds, and keep the program from being ready if some are missing", async () => {
    const found = await examine(schemas({ spec: {} }));
    expect(found).toMatchObject({ before: UNEXAMINED, after: UNEXAMINED, asked: 1 });
    expect(found.refusal).toContain("older than this program and lacks");
  });

  it("need not be there, because a definition may still be installed", async () => {
    const expected = { before: UNEXAMINED, refusal: undefined, after: undefined, logged: [], asked: 1 };
    expect(await examine({ status: 404 })).toEqual(expected);
    expect(await examine({ text: '{"components":{"schemas":{}}}' })).toEqual(expected);
  });

  it("need not be readable", async () => {
    const logged = ["Cannot read the fields of the installed CustomResourceDefinition"];
    expect(await examine({ status: 403 })).toMatchObject({ refusal: undefined, after: undefined, logged });
  });
});
