import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { differencesTable } from "./differences.ts";
import { askDocker, type DockerAnswer } from "./docker-client.ts";
import { startListener } from "./listeners.ts";
import { askProduct } from "./product.ts";
import { readRecordings } from "./recordings.ts";
import { type Answer, expectedOf, type Row } from "./row.ts";
import { conformanceTable } from "./table.ts";

const { dockers } = inject("environment");
const table = await conformanceTable(dockers);
const rows = Object.values(table).flat();
const recordings = readRecordings();
const LIVE = "20.10";

function expectAnswer(what: string, answer: DockerAnswer | undefined, expected: Answer): void {
  expect(answer, what).toMatchObject(
    expected === "connects" ? { connects: true } : { connects: false, says: expect.stringMatching(expected) },
  );
}

describe.each(Object.entries(table))("%s", (_theme, themeRows) => {
  it.concurrent.each(themeRows.map((row) => [row.what, row] as const))("%s", async (_what, row) => {
    const listener = await startListener(row.listener, dockers);
    try {
      const [docker, product] = await Promise.all([
        askDocker(dockers.new.docker, row, listener),
        askProduct(row, listener),
      ]);
      expectAnswer(row.what, docker, expectedOf(row, LIVE));
      expect(product).toMatchObject({ reason: row.product });
    } finally {
      await listener.close();
    }
  });
});

describe("the table", () => {
  it("has each row once", () => {
    expect(rows.length).toBe(new Set(rows.map(({ what }) => what)).size);
  });

  it.each(recordings.map((recording) => [recording.client, recording] as const))(
    "agrees with docker %s",
    (client, recording) => {
      expect(Object.keys(recording.rows)).toEqual(rows.map(({ what }) => what));
      for (const row of rows) expectAnswer(row.what, recording.rows[row.what], expectedOf(row, client));
    },
  );

  it("was recorded with the client that runs here and with a newer one", () => {
    const clients = recordings.map(({ client }) => client);
    expect(clients.filter((client) => client.startsWith(LIVE))).toHaveLength(1);
    expect(clients.length).toBeGreaterThan(1);
  });

  it("explains each difference between the product and docker, and no other row", () => {
    const agrees = ({ docker, product }: Row) => (docker === "connects") === (product === "Ready");
    expect(rows.filter((row) => agrees(row) !== (row.difference === undefined)).map(({ what }) => what)).toEqual([]);
  });

  it("has its differences in the README", () => {
    expect(readFileSync(join(import.meta.dirname, "README.md"), "utf8")).toContain(differencesTable(rows));
  });
});
