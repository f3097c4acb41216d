import { advised, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { asObject, type JsonObject, parseObject } from "./json.ts";
import { DOCKER_HUB, type ImageReference, normalizeRegistry } from "./reference.ts";
import { findCredential, type RegistryCredential, readAuths } from "./registry-credentials.ts";

/**
 * Finds the credential with which a person is logged in to an image's registry; undefined if the person is not logged
 * in.
 */
export type RegistryLogins = (
  reference: ImageReference,
  signal: AbortSignal,
) => Promise<Outcome<RegistryCredential | undefined>>;

/** The answer of a credential helper. A failure completes the sentence "docker-credential-NAME ...". */
export type HelperAnswer =
  | { readonly kind: "found"; readonly username: string; readonly secret: string }
  | { readonly kind: "none" }
  | { readonly kind: "failed"; readonly problem: string };

/** Runs `docker-credential-NAME get` for a server. Rejects only with the signal's reason. */
export type AskHelper = (name: string, server: string, signal: AbortSignal) => Promise<HelperAnswer>;

/** Docker's own key for Docker Hub, which helpers expect. */
const HUB_SERVER = "https://index.docker.io/v1/";
/** Helpers return this user name with an identity token. */
const TOKEN_USER = "<token>";

/**
 * Reads the logins of a Docker configuration file. As in Docker's client, the helper of a registry takes precedence over
 * `credsStore`, and that over the entries in the file. A helper is asked only for registries that an image names.
 * `source` is the file's name, for messages.
 */
export function readLogins(source: string, text: string, askHelper: AskHelper): Outcome<RegistryLogins> {
  const file = parseObject(text);
  if (file === undefined) return failure(advised("PullSecretInvalid", `${source} does not contain a JSON object`));
  const inline = readAuths(source, { ...file, credsStore: undefined });
  if (!inline.ok) return inline;
  const helpers = readHelpers(file);
  const ask = once(askHelper);
  return success(async (reference, signal) => {
    const registry = normalizeRegistry(reference.domain);
    const helper = helpers.byRegistry.get(registry) ?? helpers.store;
    if (helper === undefined) return findCredential(inline.value, reference) ?? success(undefined);
    const answer = await ask(helper, registry === DOCKER_HUB ? HUB_SERVER : registry, signal);
    if (answer.kind === "found") return success(toCredential(answer));
    const written = findCredential(inline.value, reference);
    if (written?.ok === true) return written;
    if (answer.kind === "none") return success(undefined);
    // Somebody who has never logged in to the registry does not need the store.
    if (!helpers.byRegistry.has(registry) && !isListed(file, registry)) return success(undefined);
    const problem = `${source} leaves the credentials for ${registry} to docker-credential-${helper}, which ${answer.problem}`;
    return failure(advised("CredentialHelperFailed", problem));
  });
}

interface Helpers {
  readonly byRegistry: ReadonlyMap<string, string>;
  readonly store: string | undefined;
}

/** Only plain names, because a name becomes part of the name of a program. */
const HELPER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

function readHelpers(file: JsonObject): Helpers {
  const nameOf = (value: unknown) => (typeof value === "string" && HELPER_NAME.test(value) ? value : undefined);
  const byRegistry = new Map<string, string>();
  for (const [key, value] of Object.entries(asObject(file.credHelpers) ?? {})) {
    const name = nameOf(value);
    if (name !== undefined) byRegistry.set(registryOf(key), name);
  }
  return { byRegistry, store: nameOf(file.credsStore) };
}

/** Whether `docker login` left a note that the store has credentials for the registry. */
function isListed(file: JsonObject, registry: string): boolean {
  return Object.keys(asObject(file.auths) ?? {}).some((key) => registryOf(key) === registry);
}

function registryOf(key: string): string {
  return normalizeRegistry(key.replace(/^https?:\/\//i, "").split("/")[0] ?? "");
}

function toCredential({ username, secret }: { username: string; secret: string }): RegistryCredential {
  return username === TOKEN_USER
    ? { kind: "identityToken", token: secret }
    : { kind: "basic", username, password: secret };
}

/** A helper may be slow or ask a person, so it runs once for each registry. */
function once(ask: AskHelper): AskHelper {
  const asked = new Map<string, Promise<HelperAnswer>>();
  return (name, server, signal) => {
    const key = `${name} ${server}`;
    const answer = asked.get(key) ?? ask(name, server, signal);
    asked.set(key, answer);
    return answer;
  };
}
