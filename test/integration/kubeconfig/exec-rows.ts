import { delimiter } from "node:path";
import { config, facts, type Row } from "./world.ts";

const V1 = "client.authentication.k8s.io/v1";
const plugin =
  (script: string, exec: object = {}) =>
  () => ({
    config: config({ user: { exec: { apiVersion: V1, interactiveMode: "Never", command: "./plugin.sh", ...exec } } }),
    "plugin.sh": `#!/bin/sh\n${script}\n`,
  });
const gives = (status: object) => `echo '${JSON.stringify({ apiVersion: V1, kind: "ExecCredential", status })}'`;
const TOKEN = () => gives({ token: facts.token });

const rows: Readonly<Record<string, Row>> = {
  "an exec plugin, relative": { files: () => plugin(TOKEN())(), works: true },
  "an exec plugin in a folder below the kubeconfig": {
    files: () => ({ ...plugin("", { command: "bin/login.sh" })(), "bin/login.sh": `#!/bin/sh\n${TOKEN()}\n` }),
    works: true,
  },
  "an exec plugin on the PATH": {
    files: () => plugin(TOKEN(), { command: "plugin.sh" })(),
    env: () => ({ PATH: `FOLDER${delimiter}${process.env.PATH}` }),
    works: true,
  },
  "an exec plugin with arguments and variables": {
    files: () =>
      plugin(`test "$1 $LOGIN" = "get jane" || exit 1; ${TOKEN()}`, {
        args: ["get"],
        env: [{ name: "LOGIN", value: "jane" }],
      })(),
    works: true,
  },
  "an exec plugin of the version v1beta1, without interactiveMode": {
    files: () => plugin(TOKEN().replace(V1, `${V1}beta1`), { apiVersion: `${V1}beta1`, interactiveMode: undefined })(),
    works: true,
  },
  "an exec plugin of the version v1alpha1": {
    files: plugin("exit 1", { apiVersion: `${V1}alpha1` }),
    works: false,
    says: /apiVersion that is not supported/,
  },
  "an exec plugin that may ask, without a terminal": {
    files: () => plugin(TOKEN(), { interactiveMode: "IfAvailable" })(),
    works: true,
  },
  "an exec plugin whose token has expired": {
    files: () => plugin(gives({ token: facts.token, expirationTimestamp: "2020-01-01T00:00:00Z" }))(),
    works: true,
  },
  "an exec plugin whose expiry is not a time": {
    files: () => plugin(gives({ token: facts.token, expirationTimestamp: "tomorrow" }))(),
    works: false,
  },
  "an exec plugin that prints no JSON": { files: plugin("echo hello"), works: false },
  "an exec plugin that prints an object of another kind": {
    files: () => plugin(TOKEN().replace("ExecCredential", "Secret"))(),
    works: false,
  },
  "an exec plugin beside an auth-provider": {
    files: () => {
      const exec = { apiVersion: V1, interactiveMode: "Never", command: "./plugin.sh" };
      return { config: config({ user: { exec, "auth-provider": { name: "oidc" } } }) };
    },
    works: false,
    says: /both exec and auth-provider/,
  },
  "an exec plugin that needs the cluster's data": {
    files: () =>
      plugin(
        `case "$KUBERNETES_EXEC_INFO" in *'"server":"${facts.url}"'*certificate-authority-data*) ${TOKEN()};; *) exit 7;; esac`,
        {
          provideClusterInfo: true,
        },
      )(),
    works: true,
  },
  "an exec plugin that is not installed": {
    files: plugin("", { command: "no-such-plugin", installHint: "Install it with\n  brew install it" }),
    works: false,
    says: /"no-such-plugin" is not installed.*: Install it with brew install it/,
  },
  "an exec plugin that fails": {
    files: plugin("echo 'please log in' >&2; exit 3"),
    works: false,
    says: /please log in\n.*failed with exit code 3/,
  },
  "an exec plugin that asks, without a terminal": {
    files: () => plugin(TOKEN(), { interactiveMode: "Always" })(),
    works: false,
    says: /not a terminal/,
  },
  "an exec plugin of another version": {
    files: () => plugin(TOKEN().replace(V1, `${V1}beta1`))(),
    works: false,
    says: /apiVersion/,
  },
  "an exec plugin without interactiveMode": {
    files: () => plugin(TOKEN(), { interactiveMode: undefined })(),
    works: false,
  },
  "an exec plugin that gives nothing": { files: plugin(gives({})), works: false, says: /neither a token/ },
};

/** Programs that print credentials. Their standard input and standard error are those of the plugin's process. */
export const EXEC_ROWS: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [name, { ...row, ownProcess: true }]),
);
