import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { advised, shownOn } from "../src/api/failure.ts";
import { type Reason, reasonEntry, reasons } from "../src/api/reasons.ts";
import type { Surface } from "../src/api/surface.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Reasons for which a Secret, a field that no flag sets, or a resource in a cluster is needed. */
const ONLY_OF_OBJECTS: ReadonlySet<string> = new Set<Reason>([
  "SecretNotFound",
  "SecretUnreadable",
  "RegistrySecretNotFound",
  "RegistryConfigInvalid",
  "RegistryRequiresTLS",
  "PullSecretNotFound",
  "TooManyTags",
  "InvalidSelection",
  "InvalidSchedule",
  "DistributionUnavailable",
  "RegistryCredentialsWithheld",
  "CheckIncomplete",
  "Suspended",
  "InvalidSpec",
  "Progressing",
  "VerifyingContainer",
  "UpdatesDisabled",
  "UpdatesNotAllowed",
  "HostNotFound",
  "HostSuspended",
  "HostNotConnected",
  "NotificationDropped",
]);

/** Words of objects, which mean nothing to somebody who named a host by flags. */
const OBJECT_WORDS = /\bspec\.|\bSecrets?\b|\bDockerHosts?\b|\bkubectl\b|\bcontroller\b|\bcluster\b|\bcertSecretRef\b/;
/** Flags of the commands that name a host. Text in backticks is a command of another program. */
const COMMAND_FLAGS =
  /(?<![\w-])(?:-f\b|--(?:host|tlsverify|tlscacert|tlscert|tlskey|cert-path|api-version|ssh-key|known-hosts|registry-config|registry-ca|timeout|health-timeout|stable-for|hooks|keep|take-over)\b)/;

function on(surface: Surface, reason: Reason): string {
  return shownOn(surface, advised(reason, "It failed")).message;
}

function withoutCommands(text: string): string {
  return text.replaceAll(/`[^`]*`/g, "");
}

/** Every advice in the sources that is not in the table: what follows `next`, `object` and `flags`. */
const ADVICE = globSync("src/**/*.ts", { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts"))
  .flatMap((file) =>
    [
      ...readFileSync(`${ROOT}${file}`, "utf8").matchAll(
        /\b(?:next(?:: Advice)?|object|flags)(?::| =)\s*("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/g,
      ),
    ].map(([whole, quoted = ""]) => ({
      file,
      surface: (/^(?:object|flags)/.exec(whole)?.[0] ?? "both") as Surface | "both",
      text: quoted.slice(1, -1).replaceAll("\\`", "`"),
    })),
  );

describe("a message names only what can be changed where it is read", () => {
  const all = Object.keys(reasons) as Reason[];

  it.each(all.filter((reason) => !ONLY_OF_OBJECTS.has(reason)))("by flags: %s", (reason) => {
    expect(on("flags", reason)).not.toMatch(OBJECT_WORDS);
  });

  it.each(all)("in an object, with and without a cluster: %s", (reason) => {
    expect(withoutCommands(on("object", reason))).not.toMatch(COMMAND_FLAGS);
    expect(on("object", reason)).not.toContain("kubectl");
    // A reason that needs an object has no other advice.
    if (ONLY_OF_OBJECTS.has(reason)) expect(reasonEntry(reason).fixByFlags).toBeUndefined();
  });

  it.each(all)("without an advice that repeats the other surface's: %s", (reason) => {
    const { fix, fixByFlags } = reasonEntry(reason);
    expect(fixByFlags).not.toBe(fix);
  });

  it("in the advice that the code itself gives", () => {
    expect(ADVICE.map(({ surface }) => surface)).toEqual(expect.arrayContaining(["object", "flags", "both"]));
    for (const { file, surface, text } of ADVICE) {
      const at = `${file}: ${text}`;
      if (surface === "object") expect(withoutCommands(at)).not.toMatch(COMMAND_FLAGS);
      const isNeutral = surface === "both" && !/certSecretRef\.keys|caSecretRef\.key/.test(text);
      if (surface === "flags" || isNeutral) expect(at).not.toMatch(OBJECT_WORDS);
    }
  });

  it("in the commands that need no cluster", () => {
    const files = globSync("src/{cli,cli/update,docker,registry,updates,dockerhost,ssh,replacement}/*.ts", {
      cwd: ROOT,
    });
    const texts = files
      .filter((file) => !/\.test\.ts$|cli\/(program|manifest-options|hints|doctor-command)\.ts$/.test(file))
      .filter((file) => !file.endsWith("installed-schema.ts"))
      .map((file) => ({
        file,
        text: readFileSync(`${ROOT}${file}`, "utf8").replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, ""),
      }));
    expect(texts.filter(({ text }) => /["`][^"`\n]*\bkubectl [a-z]/.test(text)).map(({ file }) => file)).toEqual([]);
  });
});
