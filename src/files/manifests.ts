import * as z from "zod";
import { API_VERSION, GROUP } from "../api/group.ts";
import { isOfKind, type Kind } from "../api/kind.ts";
import { KINDS, MANIFEST_KINDS } from "../api/kinds.ts";
import { unknownFields } from "../api/unknown-fields.ts";
import { atOnce, type Sliced } from "../common/in-slices.ts";
import { failure, type Result, success } from "../common/result.ts";
import { schemaWords } from "../common/schema-words.ts";
import { describeUnknown, nameOf, ObjectDocument, SecretDocument, TypeMeta, unknownAround } from "./documents.ts";
import { documentsOf } from "./yaml.ts";

/** An object of one of our kinds in a manifest, without status and generation. */
export interface ObjectManifest {
  readonly kind: string;
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: unknown;
}

export interface SecretManifest {
  readonly key: string;
  /** The decoded entries. stringData takes precedence over data, as for the API server. */
  readonly entries: Readonly<Record<string, string>>;
}

export interface Manifests {
  readonly objects: readonly ObjectManifest[];
  readonly secrets: readonly SecretManifest[];
  /**
   * Notes about ignored objects that may be meant for this program: kinds of our group that a newer version defines.
   */
  readonly notes?: readonly string[];
}

/** The most notes and problems of one file. */
const MAX_NOTES = 10;
const MAX_PROBLEMS = 20;

/** A few milliseconds of work. */
const OBJECTS_PER_SLICE = 20;

const UNTYPED =
  "a document has no apiVersion or kind; every document needs both, such as apiVersion: v1 and kind: Secret";
const COMPOSE_FILE =
  "is a Compose file, not a manifest; dockerhost manifest from-watchtower --compose FILE makes one of Watchtower's settings";
const ComposeFile = z.looseObject({ services: z.looseObject({}) });
const ListDocument = z.object({ items: z.array(z.unknown()) });

/**
 * Reads the Secrets and the objects of our kinds in a YAML or JSON text. Other kinds are ignored, since folders of manifests
 * contain many, but notes name unknown kinds of our own group, and specs that are not valid, which the reconcilers report in
 * the status. A failure has a text for each problem, which says what is wrong in which document, and never quotes a Secret.
 */
export function readManifests(
  text: string,
  kinds: readonly Kind[] = MANIFEST_KINDS,
): Result<Manifests, readonly string[]> {
  return atOnce(manifestsInSlices(text, kinds));
}

/** The same in slices. */
export function* manifestsInSlices(
  text: string,
  kinds: readonly Kind[] = MANIFEST_KINDS,
): Sliced<Result<Manifests, readonly string[]>> {
  const documents = yield* documentsOf(text, "1.1");
  if (!documents.ok) return failure([documents.failure]);
  const objects: ObjectManifest[] = [];
  const secrets: SecretManifest[] = [];
  const notes = new Set<string>();
  const problems = new Set<string>();
  const note = (text: string) => {
    if (notes.size < MAX_NOTES) notes.add(text);
  };
  const refuse = (texts: readonly string[]) => {
    for (const text of texts) if (problems.size < MAX_PROBLEMS) problems.add(text);
  };
  // Keep the order, and do not pass the items of a List as arguments of one call, since there may be too many.
  const pending = [...documents.value].reverse();
  for (let read = 1; pending.length > 0; read++) {
    if (read % OBJECTS_PER_SLICE === 0) yield;
    const document = pending.pop();
    const type = TypeMeta.safeParse(document);
    if (!type.success) {
      refuse([ComposeFile.safeParse(document).success ? COMPOSE_FILE : UNTYPED]);
      continue;
    }
    const { apiVersion, kind } = type.data;
    const ours = kinds.find((each) => isOfKind(each, type.data));
    if (apiVersion === "v1" && kind === "List") {
      const list = ListDocument.safeParse(document);
      if (list.success) for (const item of list.data.items.reverse()) pending.push(item);
      else refuse(["a List has no items; write the objects as a list under items"]);
    } else if (apiVersion === "v1" && kind === "Secret") {
      const secret = readSecret(document);
      if (secret.ok) secrets.push(secret.value);
      else refuse(secret.failure);
    } else if (ours !== undefined) {
      const object = readObject(ours, document);
      if (object.ok) {
        objects.push(object.value);
        for (const text of specProblems(ours, object.value)) note(text);
      } else refuse(object.failure);
    } else if (KINDS.some((each) => isOfKind(each, type.data))) {
      note(`${kind} is ignored, because only a controller in a cluster carries it out; use dockerhost update instead`);
    } else if (apiVersion.startsWith(`${GROUP}/`)) {
      const unknown = `${nameOf(kind)} of ${nameOf(apiVersion)} is not supported`;
      const supported = `this program reads ${listOf(kinds.map((each) => each.kind))} of ${API_VERSION}`;
      // Report a mistyped kind, or one of another version, instead of ignoring it silently.
      const isMeant = kinds.some((each) => each.kind.toLowerCase() === kind.toLowerCase());
      if (isMeant) refuse([`${unknown}; ${supported}`]);
      else note(`${unknown} and is ignored; ${supported}`);
    } else if (kinds.some((each) => each.kind === kind)) {
      note(`${kind} of ${nameOf(apiVersion)} is ignored; this program reads ${kind} of ${API_VERSION}`);
    }
  }
  if (problems.size > 0) return failure([...problems]);
  return success({ objects, secrets, ...(notes.size === 0 ? {} : { notes: [...notes] }) });
}

function listOf(words: readonly string[]): string {
  return words.join(", ").replace(/, (?=[^,]*$)/, " and ");
}

/** Says what in the spec is not valid. */
function specProblems({ kind, spec }: Kind, object: Pick<ObjectManifest, "name" | "spec">): readonly string[] {
  const parsed = spec.safeParse(object.spec, { error: schemaWords });
  if (parsed.success) return [];
  return describe(kind, object.name, parsed.error, ["spec"]);
}

function readObject(kind: Kind, document: unknown): Result<ObjectManifest, readonly string[]> {
  const object = ObjectDocument.safeParse(document, { error: schemaWords });
  if (!object.success) return failure(describe(kind.kind, givenName(document), object.error));
  const { name, namespace, labels, annotations } = object.data.metadata;
  const spec = object.data.spec ?? {};
  const unknown = [...unknownAround(object.data, ObjectDocument.shape), ...unknownFields(kind.spec, spec, "spec")];
  if (unknown.length > 0) {
    // Everything that is wrong is reported together, so that nobody corrects one mistake after the other.
    const others = specProblems(kind, { name, spec });
    return failure([...unknown.map((field) => describeUnknown(`${kind.kind} "${name}"`, field)), ...others]);
  }
  return success({
    kind: kind.kind,
    key: `${namespace}/${name}`,
    namespace,
    name,
    ...(labels == null ? {} : { labels }),
    ...(annotations == null ? {} : { annotations }),
    spec,
  });
}

function readSecret(document: unknown): Result<SecretManifest, readonly string[]> {
  const parsed = SecretDocument.safeParse(document, { error: schemaWords });
  if (!parsed.success) return failure(describe("Secret", givenName(document), parsed.error));
  const { metadata, data, stringData } = parsed.data;
  const entries: Record<string, string> = {};
  const unknown = unknownAround(parsed.data, SecretDocument.shape);
  const problems = unknown.map((field) => describeUnknown(`Secret "${metadata.name}"`, field));
  for (const key of Object.keys({ ...data, ...stringData }).filter((each) => !SECRET_KEY.test(each))) {
    problems.push(
      `Secret "${metadata.name}": the key "${nameOf(key)}" is not valid; use letters, digits, '-', '_' and '.'`,
    );
  }
  for (const [key, value] of Object.entries(data ?? {})) {
    if (isBase64(value)) entries[key] = Buffer.from(value, "base64").toString("utf8");
    else problems.push(`Secret "${metadata.name}": data "${nameOf(key)}" is not base64; use stringData for plain text`);
  }
  if (problems.length > 0) return failure(problems);
  return success({ key: `${metadata.namespace}/${metadata.name}`, entries: { ...entries, ...stringData } });
}

/** As the API server demands it. */
const SECRET_KEY = /^[-._a-zA-Z0-9]{1,253}$/;

/** White space is allowed, because block scalars contain line breaks. */
function isBase64(text: string): boolean {
  const packed = text.replace(/\s/g, "");
  return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
}

const Named = z.object({ metadata: z.object({ name: z.string() }) });

function givenName(document: unknown): string | undefined {
  return Named.safeParse(document).data?.metadata.name;
}

function describe(
  kind: string,
  name: string | undefined,
  { issues }: z.ZodError,
  parents: readonly string[] = [],
): readonly string[] {
  const object = `${kind} ${name === undefined ? "without a name" : `"${name}"`}`;
  return issues.map(({ path, message }) => {
    // As the status writes it, such as spec.updateCheck.tags[0].images.
    const parts = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${nameOf(String(part))}`));
    const field = `${parents.join(".")}${parts.join("")}`.replace(/^\./, "");
    return `${object}: ${field === "" ? "it" : field} ${message}`;
  });
}
