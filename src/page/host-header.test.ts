import { expect, it } from "vitest";
import { isLoopback, namesLoopback } from "./host-header.ts";

it.each(["localhost", "localhost:8090", "127.0.0.1:1", "127.9.9.9", "[::1]:8090", "LOCALHOST"])(
  "lets %s in",
  (header) => {
    expect(namesLoopback(header)).toBe(true);
  },
);

it.each([
  undefined,
  "",
  "evil.example",
  "localhost.evil.example",
  "127.0.0.1.evil.example:80",
  "evil.example:127",
  "[::2]",
  "10.0.0.1",
])("keeps %s out", (header) => {
  expect(namesLoopback(header)).toBe(false);
});

it.each(["", "0.0.0.0", "::", "10.0.0.1", "example.com"])("does not take %j for a loopback address", (host) => {
  expect(isLoopback(host)).toBe(false);
});
