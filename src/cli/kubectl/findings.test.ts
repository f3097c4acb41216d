import { describe, expect, it } from "vitest";
import { fakeCli } from "../../../test/support/cli.ts";
import type { Finding } from "./finding.ts";
import { reportFindings } from "./findings.ts";

async function* findings(): AsyncGenerator<Finding> {
  yield { level: "ok", message: "All hosts are processed, and no check is overdue" };
  yield { level: "problem", message: "The Secret does not exist", advice: "Create the Secret that the host names" };
}

describe("reportFindings", () => {
  it("breaks texts to the width of a terminal, next to the label", async () => {
    const context = fakeCli({ terminal: true, columns: 30, env: { NO_COLOR: "1" } });
    expect(await reportFindings(findings(), context)).toBe(1);
    expect(context.stdout.text).toBe(
      [
        "ok    All hosts are processed,",
        "      and no check is overdue",
        "FAIL  The Secret does not",
        "      exist",
        "      Create the Secret that",
        "      the host names",
        "",
      ].join("\n"),
    );
  });

  it("writes one line for each text if there is no terminal", async () => {
    const context = fakeCli();
    await reportFindings(findings(), context);
    expect(context.stdout.text.split("\n")).toHaveLength(4);
  });
});
