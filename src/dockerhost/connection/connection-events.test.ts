import { describe, expect, it } from "vitest";
import {
  certificate,
  concludePass,
  draftOf,
  failedAt,
  type Situation,
} from "../../../test/support/connection-situation.ts";
import { condition } from "../../../test/support/docker-host.ts";
import type { DockerHostStatus } from "../../api/status.ts";
import { connectionEvents } from "./connection-events.ts";

describe("events", () => {
  const ready = (situation: Situation) => concludePass(situation).events.map(({ type, reason }) => `${type} ${reason}`);
  const wasReady: DockerHostStatus = { conditions: [condition("Ready", "True", "Succeeded")] };
  const refused = failedAt("connect", "ConnectionRefused");
  const wasRefused: DockerHostStatus = { conditions: [condition("Ready", "False", "ConnectionRefused")] };

  it("report a host that became Ready, and one that is no longer Ready", () => {
    expect(ready({})).toEqual(["Normal Succeeded"]);
    expect(ready({ before: wasReady, outcome: refused })).toEqual(["Warning ConnectionRefused"]);
    expect(ready({ before: wasRefused })).toEqual(["Normal Succeeded"]);
  });

  it("report another cause", () => {
    const outcome = failedAt("connect", "ConnectionTimedOut");
    expect(ready({ before: wasRefused, outcome })).toEqual(["Warning ConnectionTimedOut"]);
  });

  it("report nothing if nothing has changed", () => {
    expect(ready({ before: wasReady })).toEqual([]);
    expect(ready({ before: wasRefused, outcome: refused })).toEqual([]);
  });

  it("report each warning when it appears, in its own words", () => {
    const draft = draftOf({ warnings: ["First.", "Second."] });
    expect(concludePass({ before: { ...wasReady, warnings: ["First."] }, draft }).events).toEqual([
      { type: "Warning", reason: "EndpointWarning", action: "Connect", message: "Second." },
    ]);
  });

  it("report once each certificate that expires soon, with the days that are left until the first", () => {
    const server = certificate("2026-01-10T00:00:00Z");
    const draft = draftOf({ certificates: { server } });
    const first = concludePass({ before: wasReady, draft });
    expect(first.events).toMatchObject([{ type: "Warning", reason: "CertificateExpiresSoon" }]);
    expect(first.events[0]?.message).toBe(
      "Renew in time: the server's certificate expires on 2026-01-10T00:00:00Z (9 days left)",
    );
    expect(ready({ before: first.status, draft })).toEqual([]);
    const both = draftOf({ certificates: { server, client: certificate("2026-01-12T00:00:00Z") } });
    expect(ready({ before: first.status, draft: both })).toEqual(["Warning CertificateExpiresSoon"]);
  });
});

describe("after a pass over a new generation that was cut short", () => {
  const begun = [
    condition("Ready", "Unknown", "Progressing", { observedGeneration: 2 }),
    condition("Reconciling", "True", "Progressing", { observedGeneration: 2 }),
  ];

  it.each([
    [
      "a host that was well",
      [
        condition("Connected", "True", "ConnectionEstablished"),
        condition("CredentialsValid", "True", "CredentialsLoaded"),
      ],
      { status: "True", reason: "Succeeded" },
    ],
    [
      "a host that was down",
      [
        condition("Connected", "False", "ConnectionRefused"),
        condition("CredentialsValid", "True", "CredentialsLoaded"),
      ],
      { status: "False", reason: "ConnectionRefused" },
    ],
    [
      "a host whose credentials were wrong",
      [
        condition("Connected", "Unknown", "NotAttempted"),
        condition("CredentialsValid", "False", "CACertificateInvalid"),
      ],
      { status: "False", reason: "CACertificateInvalid" },
    ],
  ] as const)("reports nothing again about %s, and is as it was", (_name, kept, ready) => {
    const content = { type: "Ready", message: "A message", ...ready } as const;
    expect(connectionEvents({ conditions: [...begun, ...kept] }, [content], {}, 0)).toEqual([]);
    const other = { ...content, status: "False", reason: "ConnectionTimedOut" } as const;
    expect(connectionEvents({ conditions: [...begun, ...kept] }, [other], {}, 0)).toHaveLength(1);
  });

  it("reports a host that has never been processed before", () => {
    const content = { type: "Ready", status: "True", reason: "Succeeded", message: "A message" } as const;
    expect(connectionEvents({ conditions: begun }, [content], {}, 0)).toHaveLength(1);
  });
});
