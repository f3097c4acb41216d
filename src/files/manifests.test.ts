import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import { readManifests } from "./manifests.ts";

const HOST = {
  apiVersion: "dockerhost.dev/v1alpha1",
  kind: "DockerHost",
  metadata: { name: "edge-7", namespace: "fleet" },
  spec: { host: "tcp://edge-7.example.com:2376" },
};

const SECRET = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "edge-7-tls", namespace: "fleet" },
  stringData: { "ca.pem": "a CA" },
};

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** As YAML documents of one file. */
function read(...documents: readonly object[]) {
  return readManifests(documents.map((document) => stringify(document)).join("---\n"));
}

function failureOf(...documents: readonly object[]): string {
  const manifests = read(...documents);
  return manifests.ok ? "read" : manifests.failure.join("\n");
}

describe("readManifests", () => {
  it("reads DockerHosts and Secrets", () => {
    expect(read(HOST, SECRET)).toEqual({
      ok: true,
      value: {
        objects: [{ kind: "DockerHost", key: "fleet/edge-7", namespace: "fleet", name: "edge-7", spec: HOST.spec }],
        secrets: [{ key: "fleet/edge-7-tls", entries: { "ca.pem": "a CA" } }],
      },
    });
  });

  it("takes the namespace default if none is given, and keeps annotations", () => {
    const metadata = { name: "edge-7", annotations: { "dockerhost.dev/requestedAt": "now" } };
    expect(read({ ...HOST, metadata })).toMatchObject({
      value: { objects: [{ key: "default/edge-7", annotations: metadata.annotations }] },
    });
  });

  it("reads a host without a spec as one of defaults", () => {
    const { spec: _, ...bare } = HOST;
    expect(read(bare)).toMatchObject({ value: { objects: [{ spec: {} }] } });
  });

  it("reads what kubectl get prints: a List, and objects with a status and the server's metadata", () => {
    const printed = {
      ...HOST,
      metadata: { ...HOST.metadata, uid: "1", resourceVersion: "2", generation: 3, managedFields: [{}] },
      status: { observedGeneration: 3 },
    };
    const list = { apiVersion: "v1", kind: "List", metadata: { resourceVersion: "" }, items: [printed, SECRET] };
    const nested = { apiVersion: "v1", kind: "List", items: [list] };
    for (const each of [list, nested]) {
      expect(read(each)).toMatchObject({ value: { objects: [{ key: "fleet/edge-7" }], secrets: [{}] } });
    }
  });

  it("skips other kinds, since folders of manifests hold many", () => {
    const others = [
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "Anything Goes" } },
      { apiVersion: "v1", kind: "ConfigMap", data: { "ca.crt": "x" } },
    ];
    expect(read(...others, HOST)).toMatchObject({ value: { objects: [{ name: "edge-7" }], secrets: [] } });
  });

  describe("Secrets", () => {
    it("are decoded, and stringData takes precedence over data", () => {
      const secret = {
        ...SECRET,
        data: { "ca.pem": base64("old"), "key.pem": base64("schlüssel") },
        stringData: { "ca.pem": "new" },
      };
      expect(read(secret)).toMatchObject({
        value: { secrets: [{ entries: { "ca.pem": "new", "key.pem": "schlüssel" } }] },
      });
    });

    it("may be empty, or say null", () => {
      const { stringData: _, ...empty } = SECRET;
      expect(read(empty)).toMatchObject({ value: { secrets: [{ entries: {} }] } });
      expect(read({ ...empty, data: null, stringData: null })).toMatchObject({ value: { secrets: [{ entries: {} }] } });
    });

    it("are not named by what may be a key, after a typing mistake", () => {
      const key = "CANARY".repeat(20);
      expect(failureOf({ ...SECRET, data: { [key]: "x" } })).toBe(
        'Secret "edge-7-tls": data "..." is not base64; use stringData for plain text',
      );
    });

    it("may break their base64 into lines", () => {
      const text = "x".repeat(200);
      const lines = base64(text)
        .match(/.{1,76}/g)
        ?.join("\n");
      expect(read({ ...SECRET, data: { "ca.pem": lines }, stringData: {} })).toMatchObject({
        value: { secrets: [{ entries: { "ca.pem": text } }] },
      });
    });

    it.each(["-----BEGIN CANARY-----", "CANARY", "CANA=RY="])(
      "are refused when data is %s, without quoting it",
      (text) => {
        const failure = failureOf({ ...SECRET, data: { "key.pem": text } });
        expect(failure).toBe('Secret "edge-7-tls": data "key.pem" is not base64; use stringData for plain text');
      },
    );

    it("are refused when an entry is not text, without quoting it", () => {
      const failure = failureOf({ ...SECRET, stringData: { "key.pem": 424242 } });
      expect(failure).toBe('Secret "edge-7-tls": stringData.key.pem must be a string; put the value in quotes');
    });

    it("are never quoted, whatever is wrong with the text around them", () => {
      // The YAML library would write warnings to standard error.
      const warn = vi.spyOn(process, "emitWarning");
      onTestFinished(() => warn.mockRestore());
      const canary = "CANARY".repeat(20);
      const whole = stringify({ ...SECRET, data: { "tls.key": base64(canary) }, stringData: { "key.pem": canary } });
      const mutation = fc.record({
        at: fc.nat(whole.length),
        text: fc.constantFrom(..."\n\t:[]{}\"'&*!|>%@`-#,? ", "\n- "),
      });
      fc.assert(
        fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
          let text = whole;
          for (const { at, text: inserted } of mutations) text = text.slice(0, at) + inserted + text.slice(at);
          const manifests = readManifests(text);
          return manifests.ok || !/CANARY|Q0FOQV/.test(manifests.failure.join());
        }),
        { numRuns: 500 },
      );
      expect(warn).not.toHaveBeenCalled();
      warn.mockRestore();
    });
  });

  it("refuses a field that the schema does not know, at each level", () => {
    expect(failureOf({ ...HOST, spec: { tls: { verfy: true }, hots: "x" } })).toBe(
      'DockerHost "edge-7": unknown field "spec.tls.verfy"; did you mean spec.tls.verify?\nDockerHost "edge-7": unknown field "spec.hots"; did you mean spec.host?',
    );
    expect(failureOf({ ...HOST, sepc: {} })).toBe('DockerHost "edge-7": unknown field "sepc"; did you mean spec?');
  });

  it.each([
    [
      { ...HOST, metadata: { ...HOST.metadata, lables: {} } },
      'DockerHost "edge-7": unknown field "metadata.lables"; did you mean metadata.labels?',
    ],
    [{ ...SECRET, stringdata: {} }, 'Secret "edge-7-tls": unknown field "stringdata"; did you mean stringData?'],
    [{ ...SECRET, password: "x" }, 'Secret "edge-7-tls": unknown field "password"; correct or remove it'],
    [
      { ...HOST, spec: { certSecretRef: { name: "tls" } } },
      'DockerHost "edge-7": unknown field "spec.certSecretRef"; did you mean spec.tls.certSecretRef?',
    ],
  ])("refuses an unknown field around a spec, in a Secret or in the wrong place: %#", (document, problem) => {
    expect(failureOf(document)).toBe(problem);
  });

  it("reports an unknown field together with values of the wrong type", () => {
    expect(failureOf({ ...HOST, spec: { host: 5, suspended: true } })).toBe(
      'DockerHost "edge-7": unknown field "spec.suspended"; did you mean spec.suspend?\nDockerHost "edge-7": spec.host must be a string; put the value in quotes',
    );
  });

  it("accepts the metadata that the API server adds", () => {
    const metadata = {
      ...HOST.metadata,
      uid: "x",
      generation: 1,
      managedFields: [],
      ownerReferences: [],
      selfLink: "",
    };
    expect(failureOf({ ...HOST, metadata, status: {} }, { ...SECRET, type: "Opaque", immutable: true })).toBe("read");
  });

  it("names what is wrong with a name", () => {
    const named = (name: string) => failureOf({ ...HOST, metadata: { name } }).replace(/^.*": /, "");
    expect(named("Edge_7")).toBe("metadata.name must consist of lower-case letters, digits, '-' and '.'");
    expect(named("a".repeat(254))).toBe("metadata.name must have at most 253 characters");
  });

  it("leaves an invalid spec to the reconciler, which reports it in the status", () => {
    expect(read({ ...HOST, spec: { host: "edge-7" } })).toMatchObject({
      value: { objects: [{ spec: { host: "edge-7" } }] },
    });
  });

  it.each([
    ["a host without a name", { ...HOST, metadata: {} }, "DockerHost without a name: metadata.name"],
    [
      "a name that is a path",
      { ...HOST, metadata: { name: "../x" } },
      'DockerHost "../x": metadata.name must consist of',
    ],
    ["a namespace that is a path", { ...HOST, metadata: { name: "x", namespace: "a/b" } }, "metadata.namespace"],
    [
      "an annotation that is no text",
      { ...HOST, metadata: { name: "x", annotations: { a: true } } },
      "metadata.annotations.a",
    ],
    [
      "another version of the resource",
      { ...HOST, apiVersion: "dockerhost.dev/v1" },
      "this program reads DockerHost of",
    ],
    [
      "a mistyped kind of the resource",
      { ...HOST, kind: "Dockerhost" },
      "Dockerhost of dockerhost.dev/v1alpha1 is not supported",
    ],
    ["a document that is no object", { kind: "DockerHost" }, "a document has no apiVersion or kind"],
    ["a List without items", { apiVersion: "v1", kind: "List" }, "a List has no items"],
  ])("refuses %s", (_what, document, message) => {
    expect(failureOf(document)).toContain(message);
  });
});

it("notes a ContainerUpdate, which nobody carries out without a cluster", () => {
  const update = read(HOST, { ...HOST, kind: "ContainerUpdate" });
  expect(update).toMatchObject({ ok: true, value: { objects: [{ kind: "DockerHost" }] } });
  expect(update.ok && update.value.notes).toEqual([
    "ContainerUpdate is ignored, because only a controller in a cluster carries it out; use dockerhost update instead",
  ]);
});

it("skips kinds of its group that a newer version has, names each once, and reads the rest", () => {
  const group = { apiVersion: "dockerhost.dev/v1alpha1", kind: "DockerFleet", metadata: { name: "x" } };
  const later = { apiVersion: "dockerhost.dev/v2", kind: "UpdatePolicy", metadata: { name: "x" } };
  const mistyped = { ...HOST, apiVersion: "dockerhosts.dev/v1alpha1" };
  const read = readManifests([mistyped, group, HOST, later, group].map((each) => JSON.stringify(each)).join("\n---\n"));
  if (!read.ok) throw new Error(read.failure.join());
  expect(read.value.objects).toHaveLength(1);
  expect(read.value.notes).toEqual([
    "DockerHost of dockerhosts.dev/v1alpha1 is ignored; this program reads DockerHost of dockerhost.dev/v1alpha1",
    "DockerFleet of dockerhost.dev/v1alpha1 is not supported and is ignored; this program reads DockerHost of dockerhost.dev/v1alpha1",
    "UpdatePolicy of dockerhost.dev/v2 is not supported and is ignored; this program reads DockerHost of dockerhost.dev/v1alpha1",
  ]);
});

it("reads a List of more items than a call takes arguments", () => {
  const text = `{"apiVersion":"v1","kind":"List","items":[${"1,".repeat(200_000)}1]}`;
  expect(readManifests(text)).toEqual({
    ok: false,
    failure: [expect.stringMatching(/^a document has no apiVersion or kind; /)],
  });
});

describe("words for what is wrong", () => {
  const notesOf = (spec: object) => {
    const read = readManifests(stringify({ ...HOST, spec }));
    return read.ok ? read.value.notes : read.failure;
  };

  it.each([
    [{ ...HOST, metadata: {} }, "DockerHost without a name: metadata.name is required"],
    [{ ...HOST, metadata: undefined }, "DockerHost without a name: metadata is required"],
    [
      { ...HOST, metadata: { name: 7 } },
      "DockerHost without a name: metadata.name must be a string; put the value in quotes",
    ],
    [
      { ...HOST, metadata: { name: "x", annotations: { a: true } } },
      'DockerHost "x": metadata.annotations.a must be a string; put the value in quotes',
    ],
    [
      { ...HOST, metadata: { name: "x", labels: ["a"] } },
      'DockerHost "x": metadata.labels must be a map of fields, each indented as FIELD: VALUE',
    ],
    [
      { ...SECRET, data: "all of it" },
      'Secret "edge-7-tls": data must be a map of fields, each indented as FIELD: VALUE',
    ],
    [
      { ...SECRET, data: { "ca.pem": null } },
      'Secret "edge-7-tls": data.ca.pem has no value; give it one, or remove the field',
    ],
    [{ ...SECRET, type: 5 }, 'Secret "edge-7-tls": type must be a string; put the value in quotes'],
    [
      { ...SECRET, stringData: { "ca pem": "x" } },
      `Secret "edge-7-tls": the key "..." is not valid; use letters, digits, '-', '_' and '.'`,
    ],
    [{ ...SECRET, metadata: { name: "A" } }, 'Secret "A": metadata.name must consist of lower-case letters'],
  ])("%j", (document, message) => {
    const failure = failureOf(JSON.parse(JSON.stringify(document)));
    expect(failure).toContain(message);
    expect(failure).not.toMatch(/Invalid|expected|received/);
  });

  it.each([
    [{ host: 7 }, "spec.host must be a string; put the value in quotes"],
    [{ apiVersion: 1.45 }, "spec.apiVersion must be a string; put the value in quotes"],
    [{ tls: { verify: "maybe" } }, "spec.tls.verify must be a boolean: true or false, without quotes"],
    [{ tls: "on" }, "spec.tls must be a map of fields"],
    [{ tls: { certSecretRef: {} } }, "spec.tls.certSecretRef.name is required"],
    [
      { updateCheck: { imagePullSecrets: { name: "a" } } },
      "spec.updateCheck.imagePullSecrets must be a list, with a dash",
    ],
    [{ updateCheck: { resolveFrom: "Somebody" } }, "spec.updateCheck.resolveFrom must be one of Operator, Host, Auto"],
    [{ updateCheck: { containers: { scope: "x".repeat(129) } } }, "scope must have at most 128 characters"],
    [
      { updateCheck: { containers: { includeNames: Array(33).fill("a") } } },
      "includeNames must have at most 32 entries",
    ],
    [{ updateCheck: { containers: { includeNames: [""] } } }, "includeNames[0] must not be empty"],
    [{ tls: null }, "spec.tls has no value; give it one, or remove the field"],
    [{ updateCheck: { tags: [{ images: "a" }] } }, "spec.updateCheck.tags[0].images must be a list, with a dash"],
    [{ host: "edge-7" }, "spec.host must start with 'unix://', 'tcp://'"],
    ["text", "spec must be a map of fields"],
  ])("a spec of %j", (spec, message) => {
    const notes = notesOf(spec as object);
    expect(notes?.join()).toContain(`DockerHost "edge-7": `);
    expect(notes?.join()).toContain(message);
    expect(notes?.join()).not.toMatch(/Invalid|expected|received|Too /);
  });
});

it("reports every problem of a file, and each once", () => {
  const bad = (name: string) => ({ ...HOST, metadata: { name }, sepc: {} });
  const failure = failureOf(
    bad("a"),
    { kind: "Pod" },
    { kind: "Pod" },
    { ...SECRET, data: { a: "!", b: "!" } },
    bad("b"),
  );
  expect(failure.split("\n")).toEqual([
    'DockerHost "a": unknown field "sepc"; did you mean spec?',
    expect.stringMatching(/^a document has no apiVersion or kind; /),
    'Secret "edge-7-tls": data "a" is not base64; use stringData for plain text',
    'Secret "edge-7-tls": data "b" is not base64; use stringData for plain text',
    'DockerHost "b": unknown field "sepc"; did you mean spec?',
  ]);
});
