import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGE, container, HOST, sha } from "../../test/support/check-facts.ts";
import { advised, failed, type Outcome } from "../api/failure.ts";
import { failure, success } from "../common/result.ts";
import { WorkSlices } from "../common/work-slices.ts";
import type { ContainerFacts, ImageFacts } from "../docker/facts.ts";
import type { IndexChild } from "../registry/image-manifest.ts";
import { type ImageReference, tagOf } from "../registry/reference.ts";
import { type CheckInput, checkHost } from "./check-containers.ts";
import type { TagAnswer } from "./judgement.ts";
import { PatternCompiler } from "./patterns.ts";
import { serviceOf } from "./swarm.ts";
import { compileTagRules } from "./tag-rules.ts";

const REG = "reg.example.com/team/app";
const AMD64 = { os: "linux", architecture: "amd64" };
const ARM64 = { os: "linux", architecture: "arm64" };
const [OLD, NEW, ID] = [sha(1), sha(2), sha(1_001)];
/** The manifest whose configuration is the image that runs. */
const MINE = sha(5);
const COMMAND = `docker service update --image ${REG}:latest web`;

const labelsOf = (service: string) => ({
  "com.docker.swarm.service.name": service,
  "com.docker.swarm.task.id": "k2d6u7",
});

/** As an agent has it: pulled by its digest, without a tag. */
const IMAGE: ImageFacts = { id: ID, repoTags: [], repoDigests: [`${REG}@${OLD}`] };

function task(image: string, service = "web"): ContainerFacts {
  return { ...container("web.1.k2d6u7", image, ID), labels: labelsOf(service) };
}

interface World extends Partial<Omit<CheckInput, "registry">> {
  readonly answer?: Outcome<Pick<TagAnswer, "digest" | "isIndex">>;
  readonly indexes?: Readonly<Record<string, readonly IndexChild[]>>;
  readonly answeredBy?: TagAnswer["answeredBy"];
}

/** The item of the only container, and the tags that a registry was asked for. */
async function check(of: ContainerFacts, world: World = {}) {
  const { answer = failed("ImageNotFound", "not there"), indexes = {}, answeredBy = "Operator", ...input } = world;
  const asked: string[] = [];
  const { items } = await checkHost({
    containers: [of],
    images: [IMAGE],
    host: HOST,
    age: AGE,
    registry: {
      async resolve(reference: ImageReference) {
        asked.push(`${reference.domain}/${reference.path}:${tagOf(reference)}`);
        return answer.ok ? success({ ...answer.value, mediaType: "", fetchedAt: 0, answeredBy }) : answer;
      },
      openManifest: async (_, digest) =>
        success({ children: indexes[digest] ?? [], ...(digest === MINE && { config: ID }) }),
      holds: async () => success(true),
      isAnonymous: () => true,
    },
    signal: new AbortController().signal,
    ...input,
  });
  return { item: items[0], asked };
}

const has = (digest: string, isIndex = false) => success({ digest, isIndex });

describe("a task of a Swarm service", () => {
  it("is up to date while the service's tag has the digest that the service was given", async () => {
    const { item, asked } = await check(task(`${REG}:latest@${OLD}`), { answer: has(OLD) });
    expect(item).toMatchObject({ verdict: "UpToDate", running: OLD, available: OLD });
    expect(asked).toEqual([`${REG}:latest`]);
  });

  it.each([
    ["a graph driver", IMAGE, HOST],
    ["containerd", { ...IMAGE, id: OLD, descriptorDigest: OLD }, { ...HOST, imageStore: "containerd" as const }],
    ["an image that is not listed", { ...IMAGE, id: sha(77) }, HOST],
    ["the tag pulled by hand on the host", { ...IMAGE, id: sha(78), repoTags: [`${REG}:latest`] }, HOST],
  ])("is outdated when the tag has moved, and names the service and its command: %s", async (_, image, host) => {
    const { item } = await check(task(`${REG}:latest@${OLD}`), { answer: has(NEW), images: [image], host });
    expect(item).toMatchObject({
      verdict: "Outdated",
      running: OLD,
      available: NEW,
      message: `The registry has another image for ${REG}:latest; to update the service web, run on a manager: ${COMMAND}`,
    });
  });

  it("is compared by its platform's part where the tag is an index", async () => {
    const [oldIndex, newIndex] = [sha(3), sha(4)];
    const mine = { digest: MINE, platform: AMD64 };
    const other = (n: number) => ({ digest: sha(n), platform: ARM64 });
    const of = task(`${REG}:latest@${oldIndex}`);
    const images = [{ ...IMAGE, repoDigests: [`${REG}@${oldIndex}`] }];
    const indexes = { [oldIndex]: [mine, other(6)], [newIndex]: [mine, other(7)] };
    const verdict = async (changed: readonly IndexChild[]) =>
      (await check(of, { images, answer: has(newIndex, true), indexes: { ...indexes, [newIndex]: changed } })).item
        ?.verdict;
    expect(await verdict([mine, other(7)])).toBe("UpToDate");
    expect(await verdict([{ digest: sha(8), platform: AMD64 }, other(6)])).toBe("Outdated");
  });

  it("has a command at the end of its message, also where the daemon was asked", async () => {
    const { item } = await check(task(`${REG}:latest@${OLD}`), { answer: has(NEW), answeredBy: "Host" });
    expect(item?.message).toMatch(/^The daemon was asked, .*\. The registry has another image for /);
    expect(item?.message?.endsWith(COMMAND)).toBe(true);
  });

  it("is not local for what the registry no longer has, and has its newer tags", async () => {
    const slices = new WorkSlices(new AbortController().signal);
    const rules = await compileTagRules([{ images: [".*"], semver: "*" }], new PatternCompiler(slices));
    if (!rules.ok) throw new Error(rules.failure.message);
    const newerTags = {
      slices,
      schemeOf: rules.value,
      before: [],
      listTags: async () => success({ tags: ["1.2.0", "1.3.0"], truncated: false }),
    };
    const answer = failure(advised("ImageNotFound", "Registry reg: it is gone"));
    const gone = await check(task(`${REG}:1.2.0@${OLD}`), { answer, newerTags });
    expect(gone.item).toMatchObject({
      verdict: "Failed",
      reason: "ImageNotFound",
      newerTag: { tag: "1.3.0" },
      message: `Registry reg: it is gone. The registry has the newer tag 1.3.0: on a manager, run docker service update --image ${REG}:1.3.0 web`,
    });
    const there = await check(task(`${REG}:1.2.0@${OLD}`), { answer: has(OLD), newerTags });
    expect(there.item).toMatchObject({ verdict: "UpToDate", newerTag: { tag: "1.3.0" } });
  });

  it("stays pinned where the service was given a digest only, with a command that gives it a tag", async () => {
    const { item, asked } = await check(task(`${REG}@${OLD}`));
    expect(item).toMatchObject({
      verdict: "Pinned",
      running: OLD,
      message: `The service web is pinned by digest; to have it checked, give it a tag in place of TAG on a manager: docker service update --image ${REG}:TAG web`,
    });
    expect(asked).toEqual([]);
  });

  it("is checked as any container where the service does not resolve its tag", async () => {
    const images = [{ ...IMAGE, repoTags: [`${REG}:latest`] }];
    const outdated = await check(task(`${REG}:latest`), { images, answer: has(NEW) });
    expect(outdated.item).toMatchObject({ verdict: "Outdated", message: expect.stringContaining(COMMAND) });
    const pulled = [{ ...IMAGE }, { id: sha(9), repoTags: [`${REG}:latest`], repoDigests: [`${REG}@${NEW}`] }];
    const pending = await check(task(`${REG}:latest`), { images: pulled });
    expect(pending.item).toMatchObject({ verdict: "RestartPending", message: expect.stringContaining(COMMAND) });
  });

  it("is asked for nowhere with a label no-pull", async () => {
    const of = task(`${REG}:latest@${OLD}`);
    const { item, asked } = await check({ ...of, labels: { ...of.labels, "dockerhost.dev/no-pull": "true" } });
    expect(item).toMatchObject({ verdict: "Excluded", reason: "NoPull", running: OLD });
    expect(asked).toEqual([]);
  });

  it.each([
    [`[::1]:5000/app:1`, `docker service update --image '[::1]:5000/app:1' web`],
    ["nginx:1", "docker service update --image nginx:1 web"],
    ["docker.io/library/nginx:1", "docker service update --image nginx:1 web"],
    ["Reg:5000/app:1", "docker service update --image Reg:5000/app:1 web"],
  ])("has a command that a shell takes: %s", async (image, command) => {
    const { item } = await check(task(`${image}@${OLD}`), { answer: has(NEW), images: [] });
    expect(item?.message?.endsWith(command)).toBe(true);
  });
});

describe("what is not a task", () => {
  it.each([
    ["no labels", {}],
    ["no name of a service", { "com.docker.swarm.task.id": "x" }],
    ["no task", { "com.docker.swarm.service.name": "web" }],
    ["a name that no service has", labelsOf("web; reboot")],
    ["an option for a name", labelsOf("--force")],
    ["an empty name", labelsOf("")],
    ["a long name", labelsOf("x".repeat(200))],
  ])("stays pinned by its digest: %s", async (_, labels) => {
    const { item, asked } = await check({ ...container("web", `${REG}:latest@${OLD}`, ID), labels });
    expect(item).toMatchObject({
      verdict: "Pinned",
      message: "Pinned by digest; to have it checked, create the container from a tag",
    });
    expect(asked).toEqual([]);
  });

  it("brings nothing into a command, whatever the label is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (name) => {
        const service = serviceOf(labelsOf(name));
        expect(service === undefined || /^[a-zA-Z0-9][\w.-]*$/.test(service)).toBe(true);
      }),
    );
  });
});
