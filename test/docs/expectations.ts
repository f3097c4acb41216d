import { expect } from "vitest";
import type { PageWorld } from "./page-world.ts";

/** That the page's host is Ready over mutual TLS, without ever a warning, with certificates that do not end soon. */
export async function expectMutual({ namespace, port }: PageWorld): Promise<void> {
  const { status } = await namespace.host("edge-7");
  const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(status).toMatchObject({
    endpoint: `https://localhost:${port}`,
    tlsMode: "Mutual",
    engine: { version: "29.0.0" },
    certificates: {
      nextExpiry: expect.any(String),
      server: { subject: "CN=localhost", fingerprint },
      client: { subject: "CN=dockerhost-operator", fingerprint },
      ca: { fingerprint },
    },
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: "Ready", status: "True" }),
      expect.objectContaining({ type: "CredentialsValid", status: "True" }),
      expect.objectContaining({ type: "CertificateExpiring", status: "False" }),
    ]),
  });
  expect(status?.warnings ?? []).toEqual([]);
  const events = await namespace.events("edge-7");
  expect(events.filter(({ type }) => type === "Warning")).toEqual([]);
}
