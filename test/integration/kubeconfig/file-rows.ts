import { parse, stringify } from "yaml";
import { config, GROUP, one, type Row, world } from "./world.ts";

/** Which files, entries and hosts are used. */
export const FILE_ROWS: Readonly<Record<string, Row>> = {
  "the same cluster in two files": {
    files: () => ({ config: config(), second: config({ cluster: { server: "https://127.0.0.1:9" } }) }),
    KUBECONFIG: "config:second",
    works: true,
  },
  "a missing and an empty file in the list": {
    files: () => ({ config: config(), empty: "" }),
    KUBECONFIG: "missing:empty:config",
    works: true,
  },
  "the same file twice, and empty entries in the list": {
    files: one(() => ({})),
    KUBECONFIG: "config::config:",
    works: true,
  },
  "cluster, user and context in three files": {
    files: () => {
      const { clusters, users, contexts } = parse(config()) as Record<string, unknown>;
      return {
        clusters: stringify({ clusters }),
        users: stringify({ users }),
        contexts: stringify({ contexts, "current-context": "test" }),
      };
    },
    KUBECONFIG: "clusters:users:contexts",
    works: true,
  },
  "a folder in the list": { files: one(() => ({})), KUBECONFIG: "config:.", works: false, says: /EISDIR/ },
  "a file in JSON": { files: () => ({ config: JSON.stringify(parse(config())) }), works: true },
  "fields that nobody knows": {
    files: () => ({ config: stringify({ ...(parse(config()) as object), preferences: {}, extensions: [], other: 1 }) }),
    works: true,
  },
  "the flag --kubeconfig, which goes before KUBECONFIG": {
    files: () => ({ config: "clusters: [", other: config() }),
    args: ["--kubeconfig", "FOLDER/other"],
    works: true,
  },
  "the flag --kubeconfig with a file that is missing": {
    files: one(() => ({})),
    args: ["--kubeconfig", "FOLDER/none"],
    works: false,
    says: /none does not exist/,
  },
  "only missing files in the list": { files: () => ({}), KUBECONFIG: "missing:neither", works: false },
  "a broken file in the list": {
    files: () => ({ config: config(), broken: "clusters: [" }),
    KUBECONFIG: "config:broken",
    works: false,
    says: /broken: it is not valid YAML/,
  },
  "unrelated entries that are half made": {
    files: one(() => ({
      others: { contexts: [{ name: "half" }], clusters: [{ name: "half" }], users: [{ name: "half" }] },
    })),
    works: true,
  },
  "a context that is half made, and used": {
    files: one(() => ({ others: { contexts: [{ name: "half" }] }, current: "half" })),
    works: false,
  },
  "a current context that is missing": {
    files: one(() => ({ current: "other" })),
    works: false,
    says: /no context "other"; it has "test"/,
  },
  "no current context": {
    files: one(() => ({ current: "" })),
    works: false,
    says: /no current context; choose one with --context; it has "test"/,
  },
  "the flag --context": { files: one(() => ({ current: "" })), args: ["--context", "test"], works: true },
  "the flag --cluster with a name that is missing": {
    files: one(() => ({})),
    args: ["--cluster", "other"],
    works: false,
    says: /no cluster "other"/,
  },
  "the flag --user with a name that is missing": {
    files: one(() => ({})),
    args: ["--user", "other"],
    works: false,
    says: /no user "other"/,
  },
  "the namespace of the context": { files: one(() => ({ context: { namespace: world.namespace.name } })), works: true },
  "the flag -n, which goes before the namespace of the context": {
    files: one(() => ({ context: { namespace: "other" } })),
    args: ["-n", "NAMESPACE"],
    works: true,
  },
  "flags in front of the command": {
    files: one(() => ({ context: { namespace: "other" }, current: "" })),
    before: ["-n", "NAMESPACE", "--context=test", "--request-timeout=20s"],
    works: true,
  },
  "the flags -l and -A": { files: one(() => ({})), args: ["-A", "-l", `group=${GROUP},site!=paris`], works: true },
  "a selector that is not valid": { files: one(() => ({})), args: ["-l", "a in ("], works: false },
  "two clusters of one name in one file": {
    files: one(() => ({ others: { clusters: [{ name: "test", cluster: { server: "https://x" } }] } })),
    works: false,
    says: /two clusters named "test"/,
  },
  "the flags --cluster, --user and --context": {
    files: one(() => ({
      others: { contexts: [{ name: "half", context: { cluster: "none", user: "none" } }] },
      current: "half",
    })),
    args: ["--cluster", "test", "--user", "test"],
    works: true,
  },
  "the flag --request-timeout": { files: one(() => ({})), args: ["--request-timeout", "20"], works: true },
  "a --request-timeout that is not a duration": {
    files: one(() => ({})),
    args: ["--request-timeout", "soon"],
    works: false,
  },
};
