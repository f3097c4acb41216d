import { CONTAINER_STATES, familiar, findContainer, findImage, type SimContainer } from "./contents.ts";
import { apiBefore, type Engine, engineHeaders, versionRefusal } from "./engine.ts";
import { jsonReply, type Reply, type SimRequest } from "./exchange.ts";
import { containerInspect, containerSummary, isRunning } from "./shapes/container.ts";
import { imageInspect, imageSummary } from "./shapes/image.ts";
import { type InfoFacts, infoShape, versionShape } from "./shapes/system.ts";

/** A request whose version of the API was stripped from its path and found acceptable. */
interface Call {
  readonly request: SimRequest;
  readonly host: InfoFacts;
  readonly apiVersion: string;
  /** The variable part of the path. */
  readonly name: string;
}

/** Status and value; a string is sent as plain text. */
type Answer = readonly [status: number, body: unknown];

interface Route {
  readonly method: "GET" | "HEAD";
  readonly template: string;
  readonly pattern: RegExp;
  readonly answer: (call: Call) => Answer;
}

const ROUTES: readonly Route[] = [
  route("HEAD", "/_ping", () => [200, ""]),
  route("GET", "/_ping", () => [200, "OK"]),
  route("GET", "/version", ({ host }) => [200, versionShape(host.engine)]),
  route("GET", "/info", ({ host }) => [200, infoShape(host)]),
  route("GET", "/containers/json", listContainers),
  route("GET", "/containers/{id}/json", inspectContainer),
  route("GET", "/images/json", listImages),
  route("GET", "/images/{name}/json", inspectImage),
  route("GET", "/distribution/{name}/json", askRegistry),
];

/** What a daemon with these contents answers. */
export function answerDaemon(request: SimRequest, host: InfoFacts): Reply {
  const [, version, path = request.path] = /^\/v(\d+(?:\.\d+)?)(\/.*)$/.exec(request.path) ?? [];
  for (const candidate of ROUTES) {
    const match = candidate.method === request.method ? candidate.pattern.exec(path) : null;
    if (match === null) continue;
    const headers = engineHeaders(host.engine);
    const refusal = version === undefined ? undefined : versionRefusal(host.engine, version);
    if (refusal !== undefined) return jsonReply(candidate.template, 400, { message: refusal }, headers);
    const apiVersion = version ?? host.engine.apiVersion;
    const [status, body] = candidate.answer({ request, host, apiVersion, name: match[1] ?? "" });
    return typeof body === "string"
      ? { route: candidate.template, status, headers: { ...headers, ...pingHeaders(host.engine) }, body }
      : jsonReply(candidate.template, status, body, { ...headers, ...EXPERIMENTAL });
  }
  return jsonReply("(none)", 404, { message: "page not found" });
}

const EXPERIMENTAL = { "Docker-Experimental": "false" };

function pingHeaders(engine: Engine): Readonly<Record<string, string>> {
  return {
    ...EXPERIMENTAL,
    "Builder-Version": "2",
    "Cache-Control": "no-cache, no-store, must-revalidate",
    "Content-Type": "text/plain; charset=utf-8",
    Pragma: "no-cache",
    ...(apiBefore(engine.apiVersion, "1.42") ? {} : { Swarm: "inactive" }),
  };
}

function route(method: Route["method"], template: string, answer: Route["answer"]): Route {
  const pattern = new RegExp(`^${template.replace(/\{\w+\}/, "(.+)")}$`);
  return { method, template, pattern, answer };
}

function listContainers({ request, host, apiVersion }: Call): Answer {
  const selected = selectContainers(request.query, host.containers);
  if (typeof selected === "string") return [400, { message: selected }];
  const context = { store: host.store, apiVersion, images: host.images };
  return [200, selected.map((container) => containerSummary(container, context))];
}

function listImages({ request, host, apiVersion }: Call): Answer {
  const isSet = (name: string) => ["1", "true"].includes(request.query.get(name) ?? "");
  const asked = { manifests: isSet("manifests"), identity: isSet("identity") };
  return [200, host.images.map((image) => imageSummary(image, { store: host.store, apiVersion, asked }))];
}

function inspectContainer({ host, apiVersion, name }: Call): Answer {
  const container = findContainer(host.containers, name);
  if (container === undefined) return [404, { message: `No such container: ${name}` }];
  return [200, containerInspect(container, { store: host.store, apiVersion, images: host.images })];
}

function askRegistry({ request, host, name }: Call): Answer {
  // Refused as by a real one, before it asks any registry.
  if (name === "scratch") return [400, { message: "'scratch' is a reserved name" }];
  const auth = request.headers["x-registry-auth"];
  return host.distribution?.(name, auth === undefined ? undefined : String(auth)) ?? [404, MANIFEST_UNKNOWN];
}

const MANIFEST_UNKNOWN = { message: "manifest unknown: manifest unknown" };

function inspectImage({ host, apiVersion, name }: Call): Answer {
  const image = findImage(host.images, host.store, name);
  if (image === undefined) return [404, { message: `No such image: ${familiar(name)}` }];
  return [200, imageInspect(image, { store: host.store, apiVersion })];
}

/** Only running ones, unless `all` or a filter by status says otherwise. A string is what is wrong with the filter. */
function selectContainers(
  query: URLSearchParams,
  containers: readonly SimContainer[],
): readonly SimContainer[] | string {
  const filters = parseFilters(query.get("filters"));
  if (filters === undefined) return "invalid filter";
  const unsupported = Object.keys(filters).find((key) => key !== "status" && key !== "id");
  if (unsupported !== undefined) return `invalid filter '${unsupported}'`;
  const ids = filterValues(filters.id);
  if (ids.length > 0) containers = containers.filter((container) => ids.some((id) => container.id.startsWith(id)));
  const states = filterValues(filters.status);
  const invalid = states.find((state) => !CONTAINER_STATES.some((known) => known === state));
  if (invalid !== undefined) return invalidStatus(invalid);
  if (states.length > 0) return containers.filter(({ state = "running" }) => states.includes(state));
  const all = query.get("all") === "1" || query.get("all") === "true";
  return all ? containers : containers.filter(({ state = "running" }) => isRunning(state));
}

function invalidStatus(state: string): string {
  const known = CONTAINER_STATES.join(", ");
  return `invalid filter 'status=${state}': invalid value for state (${state}): must be one of ${known}`;
}

function parseFilters(text: string | null): Readonly<Record<string, unknown>> | undefined {
  if (!text) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined; // reported to the client as an invalid filter
  }
}

/** Both forms that daemons take: `["running"]`, and the older `{"running": true}`. */
function filterValues(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
