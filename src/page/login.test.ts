import { expect, it } from "vitest";
import { bearerOf, refusal } from "./login.ts";

const basic = (login: string) => `Basic ${Buffer.from(login).toString("base64")}`;

it.each([
  ["Bearer abc", "Bearer abc"],
  [undefined, undefined],
  ["Negotiate abc", "Negotiate abc"],
  [basic("me:a.b-c"), "Bearer a.b-c"],
  [basic(":a.b"), "Bearer a.b"],
  [basic("me:a:b"), "Bearer a:b"],
  [basic("me:"), "Bearer "],
  [basic("no colon"), undefined],
  ["Basic ***", "Basic ***"],
])("reads %j as %j", (header, bearer) => {
  expect(bearerOf(header)).toBe(bearer);
});

it.each([
  ["unauthenticated", 401, "kubectl create token"],
  ["forbidden", 403, '"get" dockerhosts.dockerhost.dev in all namespaces'],
  ["unavailable", 503, "try again"],
] as const)("says to one who is %s what to do", (decision, status, words) => {
  const answer = refusal(decision, "in all namespaces");
  expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(words)]);
});
