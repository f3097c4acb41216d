import { throughput, totalRequests } from "./measurement.ts";
import type { Measurement } from "./protocol.ts";

export interface TargetResult {
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** What the contenders measured. */
export interface Measured {
  readonly product: Measurement;
  /** Of the bare loop that opens two connections for each check. */
  readonly bare: Measurement;
  /** Of the bare loop that opens one. */
  readonly once: Measurement;
}

/** Compares the product with its targets. The first one is whether the contenders can be compared at all. */
export function compare({ product, bare, once }: Measured): readonly TargetResult[] {
  const ratio = throughput(product) / throughput(bare);
  const requests = totalRequests(product.traffic.daemons) / product.checks;
  const difference = trafficDifference(product, once) ?? requestsDifference(product, bare);
  return [
    {
      target: "the bare loops make the same requests, and the one with one connection the same handshakes",
      measured: difference ?? "the same",
      met: difference === undefined,
    },
    {
      target: "at least 65 % of the bare loop's throughput",
      measured: `${Math.round(ratio * 100)} %`,
      met: ratio >= 0.65,
    },
    { target: "under 150 MiB", measured: `${Math.round(product.peakMiB)} MiB`, met: product.peakMiB < 150 },
    {
      target: "at most 8 daemon requests per connection pass and check",
      measured: requests.toFixed(2),
      met: requests <= 8,
    },
  ];
}

/**
 * Compares the traffic of the daemons only: the registry's share is small, and the number of connections to it varies
 * with the load.
 */
function trafficDifference(product: Measurement, bare: Measurement): string | undefined {
  const [a, b] = [product.traffic.daemons, bare.traffic.daemons];
  if (a.handshakes !== b.handshakes) return `handshakes: ${a.handshakes} and ${b.handshakes}`;
  return requestsDifference(product, bare);
}

function requestsDifference(product: Measurement, bare: Measurement): string | undefined {
  const [a, b] = [product.traffic.daemons, bare.traffic.daemons];
  const routes = new Set([...Object.keys(a.requests), ...Object.keys(b.requests)]);
  const differing = [...routes].find((route) => a.requests[route] !== b.requests[route]);
  return differing && `${differing}: ${a.requests[differing] ?? 0} and ${b.requests[differing] ?? 0}`;
}
