import { expect, it } from "vitest";
import { parseKubeconfig } from "./parse-kubeconfig.ts";

const EXTENSION = {
  name: "client.authentication.k8s.io/exec",
  extension: { audience: "fleet", port: 6443, isProxied: false, ratio: 0.5, none: null, list: [1, "1"] },
};

/** Each is the text of the field in the user. */
const USERS: readonly (readonly [string, string])[] = [
  ["a token of digits", '"token": 0.10'],
  ["a large number", '"token": 123456789012345678901234567890'],
  ["an exponent", '"token": 1E3'],
  ["a word that is a boolean", '"token": true'],
  ["null", '"token": null'],
  ["null as a text", '"token": "null"'],
  ["an empty text", '"token": ""'],
  ["escapes", '"token": "a\\"b\\\\c\\/\\u00e9\\ud83d\\ude00\\n"'],
  ["a field that is there twice", '"token": "first", "token": "second"'],
  ["the name of a prototype", '"__proto__": {"token": "inherited"}'],
  ["a merge key", '"<<": {"token": "merged"}'],
  ["a list of numbers", '"as": "me", "as-groups": [1, 2.0]'],
  ["an auth provider", '"auth-provider": {"name": "oidc", "config": {"port": 8080, "deep": null}}'],
  ["an exec plugin", '"exec": {"command": "./plugin", "args": ["-n", "1"], "provideClusterInfo": true}'],
  ["an exec plugin with a number as an argument", '"exec": {"command": "./plugin", "args": [1]}'],
];

it.each(USERS)("reads JSON as the parser of YAML does: %s", (_, user) => {
  const json = `{"apiVersion": "v1", "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://c:6443", "insecure-skip-tls-verify": true,
      "certificate-authority": "ca.crt", "extensions": ${JSON.stringify([EXTENSION])}}}],
    "users": [{"name": "u", "user": {${user}}}],
    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": 1}}],
    "current-context": "x"}`;
  const config = parseKubeconfig(json, "/home/kubeconfig");
  expect(config).toEqual(parseKubeconfig(`# Only YAML has comments.\n${json}`, "/home/kubeconfig"));
  expect(config.clusters.get("c")?.execConfig).toEqual(EXTENSION.extension);
});

it.each([
  ["text after the end", '{"users": []} x'],
  ["a list", "[]"],
  ["a text", '"x"'],
  ["a comma too many", '{"users": [],}'],
  ["only the beginning", '{"users": ['],
  ["a list of users that is a number", '{"users": 1}'],
  ["a name that is a list", '{"users": [{"name": []}]}'],
])("fails on %s as the parser of YAML does", (_, text) => {
  const outcome = (each: string) => {
    try {
      return parseKubeconfig(each, "/home/kubeconfig");
    } catch (error) {
      return String(error).replace(/ \(line \d+\)/, "");
    }
  };
  expect(outcome(text)).toEqual(outcome(`# Only YAML has comments.\n${text}`));
});
