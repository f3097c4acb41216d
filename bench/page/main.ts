import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { Browser } from "../../test/browser/browser.ts";
import { setUpBinaries } from "../../test/env/binaries.ts";
import { ask, startProcess } from "../processes.ts";
import { formatTargets } from "../report.ts";
import type { TargetResult } from "../targets.ts";
import type { PageShape } from "./hosts.ts";

const OPEN_PAGES = 100;
/** Longer than the time between two comments of the live connection, so that they count. */
const QUIET_MS = 130_000;
const MAX_PAINT_MS = 1_000;
const MAX_ZIPPED_BYTES = 500_000;
const MAX_SHARE = 0.1;
const PATHS = ["/", "/images", "/certificates", "/hosts/site-1/edge-0001"];

/** Measures the page about a large fleet in a real browser, and returns whether every target is met. */
export async function benchPage(shape: PageShape, rounds: number): Promise<boolean> {
  const { browser: programs } = await setUpBinaries({ log: console.error, environment: process.env });
  const server = startProcess("page/server-process.ts");
  try {
    const url = `http://127.0.0.1:${await ask<number>(server, shape)}`;
    console.log(`The page shows ${shape.hosts} hosts with ${shape.containers} containers each`);
    const paints = await firstPaints(programs, url, rounds);
    console.log(
      `first paint of the fleet, ms: ${paints.map((ms) => ms.toFixed(0)).join(", ")} (the first is rendered for it)`,
    );
    const sizes = new Map<string, number>();
    for (const path of PATHS) sizes.set(path, await zippedSize(url + path));
    console.log(`gzipped, bytes: ${[...sizes].map(([path, size]) => `${path} ${size}`).join(", ")}`);
    const share = await quietShare(url, () => ask<number>(server, "cpu"));
    const results = comparePage(median(paints), sizes.get("/") ?? Number.NaN, share);
    console.log(formatTargets(results));
    return results.every(({ met }) => met);
  } finally {
    server.kill();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function comparePage(paintMs: number, bytes: number, share: number): readonly TargetResult[] {
  return [
    { target: "first paint under 1 s (median)", measured: `${paintMs.toFixed(0)} ms`, met: paintMs < MAX_PAINT_MS },
    {
      target: "the fleet's HTML under 500 kB gzipped",
      measured: `${(bytes / 1_000).toFixed(0)} kB`,
      met: bytes < MAX_ZIPPED_BYTES,
    },
    {
      target: `${OPEN_PAGES} open pages cost under 10 % of a core while nothing changes`,
      measured: `${(share * 100).toFixed(2)} %`,
      met: share < MAX_SHARE,
    },
  ];
}

/** From the start of the navigation to the first content, each time in a new tab without a cache. */
async function firstPaints(
  programs: Parameters<typeof Browser.start>[0],
  url: string,
  rounds: number,
): Promise<number[]> {
  await using browser = await Browser.start(programs);
  // The browser's own start is not the page's.
  await browser.open(`${url}/icon.svg`);
  const paints: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const tab = await browser.open(url);
    await tab.until(`performance.getEntriesByName("first-contentful-paint").length === 1`);
    const [{ startTime }] = z
      .tuple([z.object({ startTime: z.number() })])
      .parse(
        await tab.evaluate(
          `performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => ({ startTime }))`,
        ),
      );
    paints.push(startTime);
  }
  return paints;
}

async function zippedSize(url: string): Promise<number> {
  const [response] = (await once(get(url, { headers: { "accept-encoding": "gzip" } }), "response")) as [
    IncomingMessage,
  ];
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`);
  return size;
}

/** What part of a core the server uses while that many pages are open and nothing changes. */
async function quietShare(url: string, cpuMs: () => Promise<number>): Promise<number> {
  const requests = [...Array(OPEN_PAGES)].map(() => get(`${url}/events`));
  try {
    for (const request of requests) {
      const [response] = (await once(request, "response")) as [IncomingMessage];
      if (response.statusCode !== 200) throw new Error(`${url}/events answers ${response.statusCode}`);
      response.resume();
    }
    const before = { cpu: await cpuMs(), at: performance.now() };
    await setTimeout(QUIET_MS);
    return ((await cpuMs()) - before.cpu) / (performance.now() - before.at);
  } finally {
    for (const request of requests) request.on("error", () => {}).destroy();
  }
}
