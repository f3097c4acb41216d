import { expect, it } from "vitest";
import { controllerFlags } from "./controller-flags.ts";
import { readFlags } from "./flags.ts";

const read = (given: Record<string, string>) => readFlags(controllerFlags, given);

it.each([":8090", "0.0.0.0:8090", "[::]:8090", "10.0.0.7:8090", "page.example.com:8090"])(
  "the page listens on %s only with a login",
  (pageBindAddress) => {
    expect(() => read({ pageBindAddress })).toThrow("needs --page-auth kubernetes");
    expect(() => read({ pageBindAddress, pageAuth: "none" })).toThrow("needs --page-auth kubernetes");
    expect(read({ pageBindAddress, pageAuth: "kubernetes" })).toMatchObject({ pageAuth: "kubernetes" });
  },
);

it.each(["0", "127.0.0.1:8090", "localhost:0", "[::1]:8090"])("%s needs no login", (pageBindAddress) => {
  expect(read({ pageBindAddress })).toMatchObject({ pageAuth: "none" });
});

it.each([
  [{ pageAuth: "kubernetes" }, "--page-auth kubernetes needs --page-bind-address"],
  [{ pageAuth: "password", pageBindAddress: ":1" }, "must be one of none, kubernetes"],
  [{ pageCertPath: "/a", pageBindAddress: "127.0.0.1:1" }, "--page-cert-path needs --page-auth kubernetes"],
])("%j are refused", (given, message) => {
  expect(() => read(given)).toThrow(message);
});
