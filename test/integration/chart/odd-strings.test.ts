import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { ChartValues } from "../../../scripts/chart/values.ts";
import { valuePaths } from "../../../scripts/chart/values-files.ts";
import { connectEnvironment } from "../../env/environment.ts";
import { CHART, Helm } from "./helm.ts";
import { look, put } from "./look.ts";

const environment = inject("environment");
const { kube } = connectEnvironment(environment);
const helm = new Helm(environment.kube);
/** YAML 1.1, as Helm and Kubernetes read it, takes each of these for a number or a boolean if it is not quoted. */
const ODD = ["123", "no", "1e3"] as const;
const PLAIN = "plain";
/** Everything that is off by default. */
const ALL = {
  metrics: { serviceMonitor: { enabled: true } },
  prometheusRule: { enabled: true },
  networkPolicy: { egress: { enabled: true } },
};

type Leaf = readonly [path: string, value: unknown];

function leaves(value: unknown, path = ""): readonly Leaf[] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => leaves(each, `${path}/${name}`));
}

/** All leaves of all objects, by YAML 1.1. */
async function render(values: object, release: string, namespace: string): Promise<ReadonlyMap<string, unknown>> {
  const text = await helm.run(["template", release, CHART, "--namespace", namespace], values);
  const objects = parseAllDocuments(text, { version: "1.1", uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
  return new Map(leaves(objects));
}

/** Paths of the values that are free texts: those which the schema lets be anything. */
async function freeTexts(): Promise<readonly string[]> {
  const defaults = ChartValues.parse({});
  const texts = valuePaths().filter((path) => typeof look(defaults, path) === "string");
  const accepted = await Promise.all(
    texts.map(async (path) => (await helm.attempt(["template", "a", CHART], put({}, path, PLAIN))).code === 0),
  );
  return texts.filter((_, index) => accepted[index]);
}

describe("a value that looks like a number or a boolean", () => {
  it.each(ODD)("stays a text wherever it is given: %s", async (odd) => {
    const paths = await freeTexts();
    expect(paths).toEqual(expect.arrayContaining(["priorityClassName", "serviceAccount.name", "image.tag"]));
    const with_ = (text: string) => {
      const values = paths.reduce<Record<string, unknown>>((all, path) => put(all, path, text), structuredClone(ALL));
      const lists = {
        watchNamespaces: [text],
        shards: [{ name: text, labelSelector: `shard=${text}` }],
        commonLabels: { team: text },
        podLabels: { pod: text },
        podAnnotations: { note: text },
      };
      return render({ ...values, ...lists }, text, text);
    };
    const [plain, changed] = await Promise.all([with_(PLAIN), with_(odd)]);
    const whole = [...plain].filter(([, value]) => value === PLAIN).map(([path]) => path);
    expect(whole.length).toBeGreaterThan(20);
    for (const path of whole) expect([path, changed.get(path)]).toEqual([path, odd]);
  });

  it.each([
    ["commonLabels and serviceMonitor.labels", { commonLabels: { release: "a" } }, "serviceMonitor"],
    ["commonLabels and prometheusRule.labels", { commonLabels: { release: "a" } }, "prometheusRule"],
    ["alertLabels and the alert's own", {}, "alertLabels"],
    [
      "podAnnotations and the chart's own",
      { podAnnotations: { "kubectl.kubernetes.io/default-container": "b" } },
      "pod",
    ],
  ])("is written once where a key is given twice: %s", async (_, values, what) => {
    const rule = { enabled: true, ...(what === "alertLabels" ? { alertLabels: { severity: "page" } } : {}) };
    const labels = { release: "b" };
    const rendered = await render(
      {
        ...values,
        metrics: { serviceMonitor: { enabled: true, ...(what === "serviceMonitor" ? { labels } : {}) } },
        prometheusRule: { ...rule, ...(what === "prometheusRule" ? { labels } : {}) },
      },
      "operator",
      "fleet",
    );
    const own = { serviceMonitor: "b", prometheusRule: "b", alertLabels: "page", pod: "b" };
    expect([...rendered.values()]).toContain(own[what as keyof typeof own]);
  });

  it.each([{ enabled: true }, { enabled: false }, { "x-anchors": { a: 1 } }, { global: { imageRegistry: "r" } }])(
    "of a parent chart is not refused: %j",
    async (values) => {
      expect((await helm.attempt(["template", "operator", CHART], values)).code).toBe(0);
    },
  );
});

describe("a release whose names are all numbers", () => {
  // Without a controller manager a namespace cannot go away: no other test uses this one.
  const NAMESPACE = "12345";

  beforeAll(() => kube.kubectl(["create", "namespace", NAMESPACE]));
  afterAll(async () => {
    await helm.attempt(["uninstall", "2024", "--namespace", NAMESPACE]);
  });

  it("is installed on a real API server", async () => {
    const values = {
      crds: { enabled: false },
      fullnameOverride: "2024",
      nameOverride: "7",
      serviceAccount: { name: "777" },
      priorityClassName: "1000",
      watchNamespaces: [NAMESPACE],
      shards: [
        { name: "1", labelSelector: "shard=1" },
        { name: "no", labelSelector: "shard=no" },
      ],
    };
    await helm.run(["install", "2024", CHART, "--namespace", NAMESPACE], values);
    const names = await kube.kubectl(["-n", NAMESPACE, "get", "deployment", "-o", "name"]);
    expect(names.trim().split("\n").sort()).toEqual(["deployment.apps/2024-1", "deployment.apps/2024-no"]);
  });
});
