import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { readFromRoot, yamlExample } from "./yaml-example.ts";

const PAGE = "docs/notifications.md";
const objects = (text: string) => parseAllDocuments(text).map((each) => each.toJS() as object);

const nameIn = (namespace: string) => z.strictObject({ name: z.string(), namespace: z.literal(namespace) });
const slackRef = z.strictObject({ name: z.string() });

/** What the definitions of Flux require and allow, as far as the example uses them. */
const FluxObjects = z.tuple([
  z.strictObject({
    apiVersion: z.literal("notification.toolkit.fluxcd.io/v1beta3"),
    kind: z.literal("Provider"),
    metadata: nameIn("flux-system"),
    spec: z.strictObject({ type: z.enum(["slack", "discord", "msteams", "generic"]), secretRef: slackRef }),
  }),
  z.strictObject({
    apiVersion: z.literal("notification.toolkit.fluxcd.io/v1beta3"),
    kind: z.literal("Alert"),
    metadata: nameIn("flux-system"),
    spec: z.strictObject({
      providerRef: slackRef,
      eventSeverity: z.enum(["info", "error"]),
      eventSources: z.array(z.strictObject({ kind: z.enum(["Kustomization", "HelmRelease"]), name: z.string() })),
    }),
  }),
]);

const ArgoConfig = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("ConfigMap"),
  metadata: z.strictObject({ name: z.literal("argocd-notifications-cm"), namespace: z.literal("argocd") }),
  data: z.record(z.string().regex(/^(service|trigger|template)\.[a-z-]+$/), z.string()),
});
const Trigger = z.array(z.strictObject({ when: z.string(), send: z.array(z.string()) }));
const Template = z.strictObject({ message: z.string() });

describe("the example for Flux", () => {
  it("is valid, and follows the Kustomization that applies the hosts and waits for them", () => {
    const [provider, alert] = FluxObjects.parse(objects(yamlExample(PAGE, "flux-notifications.yaml")));
    expect(alert.spec.providerRef.name).toBe(provider.metadata.name);
    const applied = objects(readFromRoot("deploy/flux/hosts.yaml"));
    for (const { kind, name } of alert.spec.eventSources)
      expect(applied).toContainEqual(
        expect.objectContaining({
          kind,
          metadata: { name, namespace: alert.metadata.namespace },
          spec: expect.objectContaining({ wait: true }),
        }),
      );
  });
});

describe("the example for Argo CD", () => {
  const [config] = z.tuple([ArgoConfig]).parse(objects(yamlExample(PAGE, "argocd-notifications-cm.yaml")));
  const part = (kind: string, name: string): unknown => parse(config.data[`${kind}.${name}`] ?? "");

  it("subscribes to a trigger and a service that it defines", () => {
    const [, trigger = "", service = ""] =
      /notifications\.argoproj\.io\/subscribe\.([a-z-]+)\.([a-z]+): /.exec(readFromRoot(PAGE)) ?? [];
    expect(part("service", service)).toEqual({ token: "$slack-token" });
    for (const { when, send } of Trigger.parse(part("trigger", trigger))) {
      // The health that our script gives to a host that is not ready.
      const [, health = ""] = /== '(\w+)'$/.exec(when) ?? [];
      expect(readFromRoot("deploy/argocd/health.lua")).toContain(`"${health}"`);
      for (const template of send) expect(Template.parse(part("template", template)).message).toContain("{{.app.");
    }
  });
});
