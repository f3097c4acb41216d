import { describe, expect, it } from "vitest";
import { advised } from "./failure.ts";
import { inFlagWords } from "./flag-words.ts";
import { connectionReasons } from "./reasons/connection.ts";
import { credentialReasons } from "./reasons/credentials.ts";
import type { ReasonEntry } from "./reasons/entry.ts";
import { registryReasons } from "./reasons/registry.ts";
import { type Reason, reasonEntry, reasons } from "./reasons.ts";

/** Reasons of objects that do not exist where a host is named by flags. */
const OF_OBJECTS: ReadonlySet<string> = new Set([
  "SecretNotFound",
  "SecretUnreadable",
  "RegistrySecretNotFound",
  "RegistryConfigInvalid",
  "RegistryRequiresTLS",
  "PullSecretNotFound",
  "CredentialHelperUnsupported",
]);

const byFlags = Object.keys({ ...connectionReasons, ...credentialReasons, ...registryReasons }).filter(
  (reason) => !OF_OBJECTS.has(reason),
) as Reason[];

describe("messages for somebody who names a host by flags", () => {
  it.each(byFlags)("the advice of %s needs no Secret, cluster or controller", (reason) => {
    const text = inFlagWords(advised(reason, "It failed").message);
    expect(text).not.toMatch(/\bSecrets?\b|\b(cluster|controller)\b/);
    if (!text.includes("-f "))
      expect(text.replaceAll(/spec\.\S+ \(in a manifest, with -f\)/g, "")).not.toContain("spec.");
  });

  it("one advice of the table has one translation", () => {
    const seen = new Map<string, string | undefined>();
    for (const { fix, fixByFlags } of Object.values<ReasonEntry>(reasons)) {
      if (seen.has(fix)) expect([fix, seen.get(fix)]).toEqual([fix, fixByFlags]);
      seen.set(fix, fixByFlags);
    }
  });

  it.each([
    ["Set spec.tls.verify to true.", "Set --tlsverify."],
    ["Use https://edge-7 in spec.host, with spec.tls.verify true.", "Use https://edge-7 in --host, with --tlsverify."],
    ["Reference it with spec.tls.caSecretRef.", "Reference it with --tlscacert."],
    ["Raise spec.timeout.", "Raise spec.timeout (in a manifest, with -f)."],
    ['The CA "ca.pem" of Secret "edge-7" is not PEM.', 'The CA "ca.pem" is not PEM.'],
    [
      'Secret "edge-7" has a private key but no client certificate; add it as "cert.pem" or map its name in spec.tls.certSecretRef.keys',
      'The input has a private key but no client certificate; add it as "cert.pem"',
    ],
    ["Docker is not running.", "Docker is not running."],
  ])("%s", (message, expected) => {
    expect(inFlagWords(message)).toBe(expected);
  });

  it.each([
    "Cannot connect to https://spec.host:2376: connection refused.",
    "Cannot resolve my-spec.host.",
    'Cannot read "/srv/spec.tls.verify/ca.pem": it does not exist.',
    "Cannot read /srv/spec.apiVersion/ca.pem: it does not exist.",
    'The registry answered "put it into spec.timeout" to spec.host/app:1.',
  ])("words of others do not change: %s", (message) => {
    expect(inFlagWords(message)).toBe(message);
  });

  it("our own words around those of others are translated", () => {
    const message = 'Secret "edge-7" has no key "spec.host"; the host "a" says "set spec.host". Correct (spec.host).';
    expect(inFlagWords(message)).toBe(
      'The input has no key "spec.host"; the host "a" says "set spec.host". Correct (--host).',
    );
    expect(inFlagWords('"a -f b": raise spec.timeout.')).toBe('"a -f b": raise spec.timeout (in a manifest, with -f).');
  });

  it("the advice is translated in any part of the text", () => {
    const { fix, fixByFlags } = reasonEntry("ServerCertificateUntrusted");
    expect(inFlagWords(`Retrying. Untrusted. ${fix}`)).toBe(`Retrying. Untrusted. ${fixByFlags}`);
  });
});
