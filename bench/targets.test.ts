import { describe, expect, it } from "vitest";
import { sum } from "./measurement.ts";
import type { Measurement } from "./protocol.ts";
import { compare } from "./targets.ts";

const traffic = { handshakes: 200, requests: { "GET /_ping": 100, "GET /containers/json": 400 } };
const bare: Measurement = {
  checks: 100,
  seconds: 1,
  cpuMs: 400,
  peakMiB: 120,
  traffic: { daemons: traffic, registry: { handshakes: 1, requests: { "HEAD /v2/{name}/manifests/{reference}": 20 } } },
};

const daemons = { ...traffic, handshakes: 100 };
const once: Measurement = { ...bare, traffic: { ...bare.traffic, daemons } };

const unmet = (product: Partial<Measurement>) =>
  compare({ product: { ...once, ...product }, bare, once })
    .filter(({ met }) => !met)
    .map(({ target, measured }) => `${target}: ${measured}`);

describe("the targets of the benchmark", () => {
  it("are met by a product that has two thirds of the speed of the bare loop", () => {
    expect(unmet({ seconds: 1.5 })).toEqual([]);
  });

  it("name each target that was missed", () => {
    expect(unmet({ seconds: 2.5, peakMiB: 150 })).toEqual([
      "at least 65 % of the bare loop's throughput: 40 %",
      "under 150 MiB: 150 MiB",
    ]);
  });

  it("do not compare contenders that asked the daemons different things", () => {
    const compared = "the bare loops make the same requests, and the one with one connection the same handshakes";
    const more = { ...daemons, requests: { "GET /_ping": 100, "GET /containers/json": 800 } };
    expect(unmet({ traffic: { ...bare.traffic, daemons: more } })).toEqual([
      `${compared}: GET /containers/json: 800 and 400`,
      "at most 8 daemon requests per connection pass and check: 9.00",
    ]);
    expect(unmet({ traffic: bare.traffic })).toEqual([`${compared}: handshakes: 200 and 100`]);
  });
});

describe("several rounds", () => {
  it("add up, but for the peak of the memory", () => {
    const rounds = sum([bare, { ...bare, peakMiB: 110, seconds: 3 }]);
    expect(rounds).toMatchObject({ checks: 200, seconds: 4, cpuMs: 800, peakMiB: 120 });
    expect(rounds.traffic.daemons).toEqual({
      handshakes: 400,
      requests: { "GET /_ping": 200, "GET /containers/json": 800 },
    });
  });
});
