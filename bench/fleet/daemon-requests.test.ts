import { expect, it } from "vitest";
import { daemonRequests } from "./daemon-requests.ts";

const probe = {
  "GET /containers/json": 1,
  "GET /containers/{id}/json": 1,
  "GET /images/{name}/json": 1,
  "GET /distribution/{name}/json": 1,
};
const pass = { "GET /_ping": 1, "GET /version": 1, "GET /info": 1 };
const check = { "GET /containers/json": 1, "GET /images/json": 1 };

function all(...parts: readonly Readonly<Record<string, number>>[]) {
  const sum: Record<string, number> = {};
  for (const part of parts) for (const [route, count] of Object.entries(part)) sum[route] = (sum[route] ?? 0) + count;
  return daemonRequests(sum);
}

it("names the probe of the first contact separately", () => {
  expect(all(pass, probe, check)).toEqual({ perPass: 3, perCheck: 2, probes: 1 });
});

it("counts a list in place of the ping as part of the pass", () => {
  const listing = { "GET /version": 1, "GET /info": 1, "GET /containers/json": 1 };
  expect(all(pass, probe, check, listing, listing)).toEqual({ perPass: 3, perCheck: 2, probes: 1 });
});

it("shows what a pass or a check sends in addition", () => {
  expect(all(pass, { "GET /_ping": 1 }, check).perPass).toBe(4);
  expect(all(pass, check, { "GET /images/{name}/json": 3 }).perCheck).toBe(5);
});

it("has no figure where nothing was counted", () => {
  expect(all(pass).perCheck).toBeNaN();
  expect(all(check).perPass).not.toBeLessThanOrEqual(3);
});
