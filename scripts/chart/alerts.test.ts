import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { METRICS } from "../../src/telemetry/metrics/metric-table.ts";
import { ALERT_NAMES, ALERTS } from "./alerts.ts";

const RUNBOOKS = fileURLToPath(new URL("../../docs/runbooks/", import.meta.url));

/** Of Prometheus itself, and of the kubelet. */
const FOREIGN = ["up", "container_memory_working_set_bytes", "container_spec_memory_limit_bytes"];

describe("the alerts", () => {
  it("have a runbook each, and each runbook has its alert", () => {
    const pages = readdirSync(RUNBOOKS).filter((name) => name !== "README.md");
    expect(pages.sort()).toEqual(ALERT_NAMES.map((name) => `${name}.md`).sort());
  });

  it.each(ALERT_NAMES)("%s has a runbook that says what it means, what it costs and what to do", (name) => {
    const page = readFileSync(`${RUNBOOKS}${name}.md`, "utf8");
    expect(page.startsWith(`# ${name}\n`)).toBe(true);
    for (const part of ["Meaning", "Impact", "Diagnosis", "Mitigation"]) expect(page).toContain(`**${part}.**`);
    expect(readFileSync(`${RUNBOOKS}README.md`, "utf8")).toContain(`| [${name}](${name}.md) |`);
  });

  it.each(ALERTS)("$name ($severity) reads metrics that there are", ({ expr }) => {
    const read = [...expr.matchAll(/\b([a-z][a-z_]+)\{/g)].map(([, name = ""]) => name.replace(/_bucket$/, ""));
    expect(read).not.toEqual([]);
    const known = new Set([...METRICS.map(({ name }) => name as string), ...FOREIGN]);
    expect(read.filter((name) => !known.has(name))).toEqual([]);
  });
});
