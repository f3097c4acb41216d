import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import { ALERT_NAMES } from "../../../scripts/chart/alerts.ts";
import { yamlExample } from "../../docs/pages/yaml-example.ts";
import { run } from "../../env/binaries/run-command.ts";
import { ALERT_CASES, RULE_SETS } from "./alert-cases.ts";
import { Helm } from "./helm.ts";
import { look, merged } from "./look.ts";
import { RELEASE_ALERT_CASES } from "./release-alert-cases.ts";

const environment = inject("environment");

describe("the chart's alerts, checked by promtool", () => {
  let folder: string;
  const promtool = (...args: string[]) => run(environment.programs.promtool, args, { cwd: folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dockerhost-alerts-"));
    const scraped = { prometheusRule: { enabled: true }, metrics: { serviceMonitor: { enabled: true } } };
    for (const [name, values] of Object.entries(RULE_SETS)) {
      const objects = await new Helm(environment.kube).template(merged(scraped, values));
      const rule = objects.find(({ kind }) => kind === "PrometheusRule");
      await writeFile(join(folder, `${name}.yaml`), stringify(look(rule, "spec")));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("are valid rules", async () => {
    for (const name of Object.keys(RULE_SETS)) {
      expect(await promtool("check", "rules", `${name}.yaml`)).toContain("SUCCESS");
    }
  });

  it("and those of the page about notifications are valid", async () => {
    for (const [name, check] of [
      ["dockerhost-updates.rules.yaml", "rules"],
      ["prometheus.yml", "config"],
    ] as const) {
      await writeFile(join(folder, name), yamlExample("docs/notifications.md", name));
      expect(await promtool("check", check, name)).toContain("SUCCESS");
    }
  });

  it("have cases that fire and cases that do not", () => {
    for (const fires of [true, false]) {
      const covered = ALERT_CASES.filter((each) => each.fires.length > 0 === fires).map(({ alert }) => alert);
      expect([...new Set(covered)].sort()).toEqual([...ALERT_NAMES].sort());
    }
  });

  it.each([...ALERT_CASES, ...RELEASE_ALERT_CASES])(
    "$alert: $when",
    async ({ alert, series, at, fires, every = "1m", rules = "plain" }) => {
      const test = {
        rule_files: [`${rules}.yaml`],
        evaluation_interval: every,
        tests: [
          {
            interval: every,
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            // Only the labels are compared; the texts are for people.
            promql_expr_test: [
              {
                expr: `count by (severity, ${fires.length === 0 ? "alertname" : Object.keys(fires[0] ?? {}).join(", ")}) (ALERTS{alertname="${alert}", alertstate="firing"})`,
                eval_time: at,
                exp_samples: fires.map((labels) => ({ labels: labelsOf(labels), value: 1 })),
              },
            ],
          },
        ],
      };
      await writeFile(join(folder, "test.yaml"), stringify(test));
      expect(await promtool("test", "rules", "test.yaml")).toContain("SUCCESS");
    },
  );
});

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ")}}`;
}
