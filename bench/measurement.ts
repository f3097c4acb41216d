import type { Measurement, Traffic } from "./protocol.ts";

/** Adds up several rounds. */
export function sum(rounds: readonly Measurement[]): Measurement {
  return {
    checks: add(rounds.map(({ checks }) => checks)),
    seconds: add(rounds.map(({ seconds }) => seconds)),
    cpuMs: add(rounds.map(({ cpuMs }) => cpuMs)),
    peakMiB: Math.max(0, ...rounds.map(({ peakMiB }) => peakMiB)),
    traffic: {
      daemons: sumTraffic(rounds.map(({ traffic }) => traffic.daemons)),
      registry: sumTraffic(rounds.map(({ traffic }) => traffic.registry)),
    },
  };
}

/** Returns the checks per second. */
export function throughput({ checks, seconds }: Measurement): number {
  return checks / seconds;
}

export function totalRequests({ requests }: Traffic): number {
  return add(Object.values(requests));
}

export function sumTraffic(parts: readonly Traffic[]): Traffic {
  const requests: Record<string, number> = {};
  for (const part of parts) {
    for (const [route, count] of Object.entries(part.requests)) requests[route] = (requests[route] ?? 0) + count;
  }
  return { handshakes: add(parts.map(({ handshakes }) => handshakes)), requests };
}

function add(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
