import { failed, type Outcome } from "../../src/api/failure.ts";
import type { Reason } from "../../src/api/reasons.ts";
import type { Platform } from "../../src/common/platform.ts";
import { success } from "../../src/common/result.ts";
import type { ContainerFacts, HostFacts, ImageFacts } from "../../src/docker/facts.ts";
import type { IndexChild, ManifestContent } from "../../src/registry/image-manifest.ts";
import type { Judgement, TagAnswer } from "../../src/updates/judgement.ts";

/** Digests, by what they are. */
export const sha = (digit: string) => `sha256:${digit.repeat(64)}`;
export const CONFIG = sha("c");
export const OLD = sha("1");
export const NEW = sha("2");
export const OLD_INDEX = sha("3");
export const NEW_INDEX = sha("4");
export const PLATFORM = sha("5");
export const OTHER_PLATFORM = sha("6");
export const HUB = "docker.io/library/app";
export const AMD64 = { os: "linux", architecture: "amd64" };
export const ARM64 = { os: "linux", architecture: "arm64", variant: "v8" };

const SAME_PLATFORM = { [CONFIG]: success(AMD64), [NEW]: success(AMD64) };

/** What the daemon said about one container, and the registry when it was asked. */
export interface VerdictCase {
  readonly container?: Partial<ContainerFacts>;
  readonly image?: Partial<ImageFacts>;
  readonly others?: readonly ImageFacts[];
  readonly host?: Partial<HostFacts>;
  readonly answer?: Outcome<TagAnswer>;
  /** The manifests that must be opened, by digest. */
  readonly opened?: Readonly<Record<string, Outcome<ManifestContent>>>;
  /** The digests of which the registry must be asked whether it has them. */
  readonly held?: Readonly<Record<string, Outcome<boolean>>>;
  /** The images of which the daemon must be asked for the platform. */
  readonly platforms?: Readonly<Record<string, Outcome<Platform | undefined>>>;
  readonly anonymous?: boolean;
}

export const graphImage = (facts: Partial<ImageFacts> = {}): ImageFacts => ({
  id: CONFIG,
  repoTags: ["app:1"],
  repoDigests: [`app@${OLD}`],
  ...facts,
});

export const containerdImage = (id: string, facts: Partial<ImageFacts> = {}): ImageFacts => ({
  id,
  repoTags: ["app:1"],
  repoDigests: [`app@${id}`],
  ...facts,
});

export const has = (digest: string, isIndex = false): Outcome<TagAnswer> =>
  success({ digest, isIndex, mediaType: "", fetchedAt: 0, answeredBy: "Operator" });
/** The same, as the host's daemon reports it. */
export const hostHas = (digest: string, isIndex = false): Outcome<TagAnswer> =>
  success({ digest, isIndex, mediaType: "", fetchedAt: 0, answeredBy: "Host" });
export const fails = (reason: Reason) => failed(reason, `because of ${reason}`);
export const lists = (...children: readonly IndexChild[]): Outcome<ManifestContent> => success({ children });
/** A single image with this configuration. */
export const single = (config: string = sha("d")): Outcome<ManifestContent> => success({ children: [], config });

export type VerdictCases = Readonly<
  Record<string, readonly [row: VerdictCase, verdict: string, details?: Partial<Judgement>]>
>;

/** What is judged how: [row, verdict, details]. */
export const VERDICTS_BY_CASE: VerdictCases = {
  // Without a registry.
  "pinned by digest": [{ container: { image: `app@${OLD}` } }, "Pinned", { running: OLD }],
  "pinned by tag and digest": [{ container: { image: `app:1@${NEW}` } }, "Pinned", { running: NEW }],
  "pinned, although its image is gone": [{ container: { image: `app@${OLD}`, imageId: NEW } }, "Pinned"],
  "created from an image id": [{ container: { image: CONFIG } }, "Pinned"],
  "created from an image id without algorithm": [{ container: { image: "c".repeat(64) } }, "Pinned"],
  "created from a short image id": [{ container: { image: "cccccccccccc" } }, "Pinned"],
  "created from an image id that was cut": [{ container: { image: "sha256:cccccccc" } }, "Pinned"],
  "a name outside the grammar": [{ container: { image: "Not A Name" } }, "Failed"],
  "an image that the daemon does not list": [{ container: { imageId: NEW } }, "Failed"],
  "the tag was pulled since": [
    {
      image: { repoTags: [] },
      others: [graphImage({ id: NEW, repoDigests: [`app@${NEW_INDEX}`] })],
      platforms: SAME_PLATFORM,
    },
    "RestartPending",
    { running: OLD, available: NEW_INDEX },
  ],
  "the tag was pulled since, with containerd": [
    {
      image: containerdImage(OLD, { repoTags: [], repoDigests: [] }),
      others: [containerdImage(NEW)],
    },
    "RestartPending",
    { running: OLD, available: NEW },
  ],
  "the tag was pulled since, written otherwise": [
    {
      container: { image: "docker.io/library/app:1" },
      image: { repoTags: [] },
      others: [graphImage({ id: NEW })],
      platforms: SAME_PLATFORM,
    },
    "RestartPending",
  ],
  "the default tag was pulled since": [
    {
      container: { image: "app" },
      image: { repoTags: [] },
      others: [graphImage({ id: NEW, repoTags: ["app:latest"] })],
      platforms: SAME_PLATFORM,
    },
    "RestartPending",
  ],
  "the tag was built anew on the host": [
    { image: { repoTags: [] }, others: [graphImage({ id: NEW, repoDigests: [] })], platforms: SAME_PLATFORM },
    "RestartPending",
    { available: NEW },
  ],
  "built on the host": [{ image: { repoDigests: [] } }, "LocalImage", { running: CONFIG }],
  "built from a pulled image, and known by another repository alone": [
    { image: { repoDigests: [`other/app@${OLD}`] } },
    "LocalImage",
  ],
  "built on the host, with containerd, as the daemon says": [
    { image: containerdImage(OLD, { sources: [], built: true }) },
    "LocalImage",
  ],

  "no pull, and nothing pulled since": [
    { container: { labels: { "com.centurylinklabs.watchtower.no-pull": "true" } } },
    "Excluded",
    { rule: "NoPull", running: OLD },
  ],
  "no pull, and the tag was pulled since": [
    {
      container: { labels: { "dockerhost.dev/no-pull": "true" } },
      image: { repoTags: [] },
      others: [graphImage({ id: NEW, repoDigests: [`app@${NEW_INDEX}`] })],
      platforms: SAME_PLATFORM,
    },
    "RestartPending",
  ],
  "no pull by Watchtower's label, and pull by ours": [
    {
      container: { labels: { "com.centurylinklabs.watchtower.no-pull": "true", "dockerhost.dev/no-pull": "false" } },
      answer: has(OLD),
    },
    "UpToDate",
  ],
  "monitor only": [
    { container: { labels: { "com.centurylinklabs.watchtower.monitor-only": "true" } }, answer: has(OLD) },
    "UpToDate",
  ],

  // The registry has a single image.
  "the same digest": [{ answer: has(OLD) }, "UpToDate", { running: OLD, available: OLD }],
  "another digest": [{ answer: has(NEW), opened: { [NEW]: single() } }, "Outdated", { running: OLD, available: NEW }],
  "one of several digests of the repository": [
    { image: { repoDigests: [`app@${NEW}`, `app@${OLD}`] }, answer: has(OLD) },
    "UpToDate",
  ],
  "a digest of another repository only": [
    { image: { repoDigests: [`other/app@${NEW}`, `app@${OLD}`] }, answer: has(NEW), opened: { [NEW]: single() } },
    "Outdated",
  ],
  "an untagged image": [{ image: { repoTags: [] }, answer: has(OLD) }, "UpToDate"],
  "a repository digest outside the grammar": [
    { image: { repoDigests: ["<none>@<none>", `app@${OLD}`] }, answer: has(OLD) },
    "UpToDate",
  ],
  "a registry of one's own": [
    {
      container: { image: "reg.example.com:5000/app:1" },
      image: { repoTags: ["reg.example.com:5000/app:1"], repoDigests: [`reg.example.com:5000/app@${OLD}`] },
      answer: has(OLD),
    },
    "UpToDate",
  ],
  "a name that looks like a short id": [
    {
      container: { image: "cccc" },
      image: { repoTags: ["cccc:latest"], repoDigests: [`cccc@${OLD}`] },
      answer: has(OLD),
    },
    "UpToDate",
  ],
  "with containerd: the id is the digest": [{ image: containerdImage(OLD), answer: has(OLD) }, "UpToDate"],
  "with containerd: the tag was removed on the host": [
    {
      image: containerdImage(OLD, { repoTags: [], repoDigests: [] }),
      host: { imageStore: "containerd" },
      answer: has(OLD),
    },
    "UpToDate",
  ],
  "with containerd, told by a descriptor": [
    { image: containerdImage(OLD, { repoTags: [], repoDigests: [], descriptorDigest: OLD }), answer: has(OLD) },
    "UpToDate",
  ],
  "with containerd: another digest": [
    {
      image: containerdImage(OLD),
      answer: has(NEW),
      opened: { [OLD]: single() },
      held: { [OLD]: success(true) },
    },
    "Outdated",
  ],

  // The daemon was asked, which names digests only.
  "by the daemon: the same digest": [{ answer: hostHas(OLD) }, "UpToDate", { answeredBy: "Host" }],
  "by the daemon: another digest": [{ answer: hostHas(NEW) }, "Outdated", { available: NEW, answeredBy: "Host" }],
  "by the daemon: another index, which cannot be opened": [
    { image: { repoDigests: [`app@${OLD_INDEX}`] }, answer: hostHas(NEW_INDEX, true) },
    "Outdated",
    { answeredBy: "Host" },
  ],
  "by the daemon: with containerd, the platform's manifest": [
    { image: containerdImage(OLD_INDEX), container: { manifestDigest: PLATFORM }, answer: hostHas(PLATFORM) },
    "UpToDate",
  ],

  // The registry does not report it.
  "a registry that is down": [{ answer: fails("RegistryUnreachable") }, "Failed"],
  "an image that the registry no longer has": [{ answer: fails("ImageNotFound") }, "Failed"],
  "no permission": [{ answer: fails("RegistryAccessDenied") }, "Failed"],
  "with containerd, perhaps local: unknown to Docker Hub": [
    { image: containerdImage(OLD), answer: fails("RegistryCredentialsRequired") },
    "LocalImage",
  ],
  "with containerd, perhaps local: no such tag": [
    { image: containerdImage(OLD), answer: fails("ImageNotFound") },
    "LocalImage",
  ],
  "with containerd, perhaps local, but asked with credentials": [
    { image: containerdImage(OLD), answer: fails("ImageNotFound"), anonymous: false },
    "Failed",
  ],
  "with containerd, perhaps local, but the registry is down": [
    { image: containerdImage(OLD), answer: fails("RegistryUnreachable") },
    "Failed",
  ],
  "with containerd, pushed elsewhere under another name": [
    { image: containerdImage(OLD, { sources: ["reg.example.com/team/app"] }) },
    "LocalImage",
  ],
  "with containerd, known to be pulled": [
    { image: containerdImage(OLD, { sources: [HUB] }), answer: fails("ImageNotFound") },
    "Failed",
  ],
  "with containerd, known by another digest too": [
    {
      image: containerdImage(OLD, { repoDigests: [`app@${OLD}`, `app@${OLD_INDEX}`] }),
      answer: fails("ImageNotFound"),
    },
    "Failed",
  ],
  "with containerd, and named for another registry": [
    {
      container: { image: "reg.example.com/app:1" },
      image: containerdImage(OLD, { repoTags: ["reg.example.com/app:1"], repoDigests: [`reg.example.com/app@${OLD}`] }),
      answer: fails("ImageNotFound"),
    },
    "Failed",
  ],
};
