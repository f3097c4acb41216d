import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../../../test/support/folder-with.ts";
import type { ClusterFlags } from "../cluster-flags.ts";
import { forwardPort } from "./port-forward.ts";

const pod = { namespace: "ops", name: "controller-1", port: 8090, isGuarded: false };

/** Runs a script in the place of kubectl. */
async function forward(script: string, { flags = {} as ClusterFlags, stopsOnOpen = true, localPort = 8090 } = {}) {
  const folder = await folderWith({ kubectl: `#!/bin/sh\n${script}\n` });
  await chmod(join(folder, "kubectl"), 0o755);
  const stop = new AbortController();
  const opened: number[] = [];
  const onOpen = (port: number) => {
    opened.push(port);
    if (stopsOnOpen) stop.abort();
  };
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  return { problem: await forwardPort({ pod, localPort, flags, env, signal: stop.signal, onOpen }), opened };
}

const refuse = (text: string) => `echo '${text}' >&2; exit 1`;
const OPEN = 'echo "Forwarding from 127.0.0.1:8090 -> 8090"';

describe("a forwarded port", () => {
  it("is announced when it is open, and ends without a problem", async () => {
    expect(await forward(`${OPEN}; exec sleep 600`)).toEqual({ problem: undefined, opened: [8090] });
  });

  it("can be one that the system chooses", async () => {
    const script = `[ "$3" = ":8090" ] || exit 1; echo "Forwarding from 127.0.0.1:41234 -> 8090"; exec sleep 600`;
    expect(await forward(script, { localPort: 0 })).toEqual({ problem: undefined, opened: [41234] });
  });

  it("uses the user's own flags", async () => {
    const flags = { context: "prod", as: "jane", asGroup: ["a", "b"], insecureSkipTlsVerify: true };
    const { problem } = await forward(`echo "$@" >&2; exit 1`, { flags });
    expect(problem).toContain(
      "port-forward pod/controller-1 8090:8090 --namespace=ops --address=127.0.0.1 --context=prod --as=jane --insecure-skip-tls-verify=true --as-group=a --as-group=b",
    );
  });

  it.each([
    [
      "the permission is missing",
      refuse(
        'Error from server (Forbidden): pods "a" is forbidden: User "u" cannot create resource "pods/portforward"',
      ),
      "resources: [pods/portforward], verbs: [create]",
    ],
    [
      "the port is in use",
      refuse("unable to listen on any of the requested ports: [{8090 8090}]"),
      "port 8090 of this machine is in use; choose another with --port",
    ],
    [
      "the pod goes away",
      `${OPEN}; ${refuse("error: lost connection to pod")}`,
      "run the command again (lost connection to pod)",
    ],
    ["kubectl says nothing", "exit 3", "ended with exit code 3"],
  ])("says so if %s", async (_, script, words) => {
    const { problem } = await forward(script, { stopsOnOpen: false });
    expect(problem).toContain(words);
  });

  it("needs kubectl", async () => {
    const { signal } = new AbortController();
    const parts = { pod, localPort: 0, flags: {}, signal, onOpen: () => {} };
    expect(await forwardPort({ ...parts, env: { PATH: await folderWith({}) } })).toBe("kubectl is not on the PATH");
  });
});
