import { throughput, totalRequests } from "./measurement.ts";
import type { Measurement } from "./protocol.ts";
import type { Measured, TargetResult } from "./targets.ts";

/** Formats the measurements side by side. */
export function formatTable({ product, bare, once }: Measured): string {
  const rows: readonly (readonly [string, (measurement: Measurement) => string])[] = [
    ["checks per second", (m) => throughput(m).toFixed(0)],
    ["CPU per check, ms", (m) => (m.cpuMs / m.checks).toFixed(2)],
    ["peak memory, MiB", (m) => m.peakMiB.toFixed(0)],
    ["handshakes with daemons per check", (m) => (m.traffic.daemons.handshakes / m.checks).toFixed(2)],
    ["requests to daemons per check", (m) => (totalRequests(m.traffic.daemons) / m.checks).toFixed(2)],
    ["requests to the registry, in all", (m) => String(totalRequests(m.traffic.registry))],
  ];
  const lines = rows.map(([name, value]) => row(name, value(product), value(bare), value(once)));
  const ratio = (other: Measurement) => `${Math.round((throughput(product) / throughput(other)) * 100)} %`;
  const ratios = row("product's throughput, of this one's", "", ratio(bare), ratio(once));
  return [row("", "product", "bare loop", "over one connection"), ...lines, ratios].join("\n");
}

export function formatTargets(results: readonly TargetResult[]): string {
  return results.map(({ target, measured, met }) => `${met ? "met   " : "MISSED"}  ${target}: ${measured}`).join("\n");
}

function row(name: string, product: string, bare: string, once: string): string {
  return `${name.padEnd(36)}${product.padStart(10)}${bare.padStart(12)}${once.padStart(22)}`;
}
