import type { Platform } from "../../src/common/platform.ts";
import { success } from "../../src/common/result.ts";
import {
  AMD64,
  ARM64,
  CONFIG,
  containerdImage,
  fails,
  has,
  lists,
  NEW,
  NEW_INDEX,
  OLD_INDEX,
  OTHER_PLATFORM,
  PLATFORM,
  sha,
  single,
  type VerdictCases,
} from "./verdict-cases.ts";

const linux = (architecture: string, variant?: string): Platform => ({
  os: "linux",
  architecture,
  ...(variant !== undefined && { variant }),
});
const windows = (osVersion: string): Platform => ({ os: "windows", architecture: "amd64", osVersion });
const fromIndex = { image: { repoDigests: [`app@${OLD_INDEX}`] }, answer: has(NEW_INDEX, true) };
const own = (platform: Platform) => ({ [CONFIG]: success(platform) });
const [PART_A, PART_B, PART_C] = [sha("a"), sha("b"), sha("e")];

/** What the tag names is an index now, or what runs came from one: what is judged how with a graph driver. */
const GRAPH_DRIVER: VerdictCases = {
  "the same index": [{ ...fromIndex, answer: has(OLD_INDEX, true) }, "UpToDate"],
  "an index that holds what was pulled": [
    {
      image: { repoDigests: [`app@${PLATFORM}`] },
      answer: has(NEW_INDEX, true),
      opened: {
        [NEW_INDEX]: lists({ digest: OTHER_PLATFORM, platform: ARM64 }, { digest: PLATFORM, platform: AMD64 }),
      },
      platforms: own(AMD64),
    },
    "UpToDate",
    { available: NEW_INDEX },
  ],
  "an index with another part": [
    {
      ...fromIndex,
      opened: { [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }), [NEW]: single() },
      platforms: own(AMD64),
    },
    "Outdated",
    { running: OLD_INDEX, available: NEW_INDEX },
  ],
  "an index with a part of the same configuration, such as one in which only an attestation changed": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: NEW, platform: linux("unknown") }),
        [PLATFORM]: single(CONFIG),
      },
      platforms: own(AMD64),
    },
    "UpToDate",
    { available: NEW_INDEX },
  ],
  "a single image of the same configuration, compressed otherwise": [
    { answer: has(NEW), opened: { [NEW]: single(CONFIG) } },
    "UpToDate",
    { available: NEW },
  ],
  "the same configuration, when the old digests are many and gone": [
    {
      image: { repoDigests: ["6", "7", "8", "9"].map((digit) => `app@${sha(digit)}`) },
      answer: has(NEW),
      opened: { [NEW]: single(CONFIG) },
    },
    "UpToDate",
  ],
  "a single image that names no configuration": [{ answer: has(NEW), opened: { [NEW]: lists() } }, "Outdated"],
  "one variant changed, and it runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: linux("arm", "v6") },
          { digest: PART_C, platform: linux("arm", "v7") },
        ),
        [PART_C]: single(),
      },
      platforms: own(linux("arm", "v7")),
    },
    "Outdated",
  ],
  "one variant changed, and the other runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_C, platform: linux("arm", "v7") },
          { digest: PART_A, platform: linux("arm", "v6") },
        ),
        [PART_A]: single(CONFIG),
      },
      platforms: own(linux("arm", "v6")),
    },
    "UpToDate",
  ],
  "another variant has what ran": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_B, platform: linux("amd64") },
          { digest: PART_C, platform: linux("amd64", "v2") },
        ),
        [PART_C]: single(),
      },
      platforms: own(linux("amd64", "v2")),
    },
    "Outdated",
  ],
  "variants that the image does not tell apart, of which none runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: linux("amd64") },
          { digest: PART_C, platform: linux("amd64", "v2") },
        ),
        [PART_A]: single(),
        [PART_C]: single(sha("e")),
      },
      platforms: own(linux("amd64")),
    },
    "Outdated",
  ],
  "variants that the image does not tell apart, of which one runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: linux("amd64") },
          { digest: PART_B, platform: linux("amd64", "v2") },
        ),
        [PART_A]: single(),
        [PART_B]: single(CONFIG),
      },
      platforms: own(linux("amd64")),
    },
    "UpToDate",
  ],
  "one build of Windows changed, and it runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: windows("10.0.20348.1") },
          { digest: PART_C, platform: windows("10.0.17763.2000") },
        ),
        [PART_C]: single(),
      },
      platforms: own(windows("10.0.17763.1000")),
    },
    "Outdated",
  ],
  "one build of Windows changed, and another runs": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_C, platform: windows("10.0.20348.1") },
          { digest: PART_A, platform: windows("10.0.17763.1000") },
        ),
        [PART_A]: single(CONFIG),
      },
      platforms: own(windows("10.0.17763.1000")),
    },
    "UpToDate",
  ],
  "an emulated image, of which another platform changed": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }, { digest: PART_A, platform: ARM64 }),
        [PART_A]: single(CONFIG),
      },
      platforms: own(linux("arm64")),
    },
    "UpToDate",
  ],
  "an emulated image that changed": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: PART_C, platform: ARM64 }),
        [PART_C]: single(),
      },
      platforms: own(ARM64),
    },
    "Outdated",
  ],
  "an emulated image of one platform only, with a new attestation": [
    {
      ...fromIndex,
      host: { arch: "arm64" },
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: NEW, platform: linux("unknown") }),
        [PLATFORM]: single(CONFIG),
      },
      platforms: own(AMD64),
    },
    "UpToDate",
  ],
  "an image that may not be looked at counts as one for the host": [
    {
      ...fromIndex,
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: NEW, platform: ARM64 }),
        [PLATFORM]: single(CONFIG),
      },
      platforms: { [CONFIG]: success(undefined) },
    },
    "UpToDate",
  ],
  "nothing for the platform any more": [
    { ...fromIndex, opened: { [NEW_INDEX]: lists({ digest: NEW, platform: ARM64 }) }, platforms: own(AMD64) },
    "Failed",
  ],
  "a daemon that fails to say the platform": [
    { ...fromIndex, opened: { [NEW_INDEX]: lists() }, platforms: { [CONFIG]: fails("ConnectionReset") } },
    "Failed",
  ],
  "an index that cannot be opened": [{ ...fromIndex, opened: { [NEW_INDEX]: fails("RegistryRateLimited") } }, "Failed"],
  "an index that is gone before it could be opened": [
    { ...fromIndex, opened: { [NEW_INDEX]: fails("ImageNotFound") } },
    "Failed",
  ],
  "a part that cannot be opened": [
    {
      ...fromIndex,
      opened: { [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }), [NEW]: fails("RegistryServerError") },
      platforms: own(AMD64),
    },
    "Failed",
  ],
  "a single image that cannot be opened": [
    { answer: has(NEW), opened: { [NEW]: fails("RegistryTimedOut") } },
    "Failed",
  ],
  "the tag was pulled for another platform, and what runs is what the registry has": [
    {
      ...fromIndex,
      others: [{ id: NEW, repoTags: ["app:1"], repoDigests: [`app@${NEW_INDEX}`] }],
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: PART_A, platform: ARM64 }),
        [PART_A]: single(CONFIG),
      },
      platforms: { [CONFIG]: success(ARM64), [NEW]: success(AMD64) },
    },
    "UpToDate",
  ],
};

const fromContainerd = {
  image: containerdImage(OLD_INDEX),
  host: { imageStore: "containerd" },
  container: { manifestDigest: PLATFORM },
  answer: has(NEW_INDEX, true),
} as const;
const HELD = { [OLD_INDEX]: success(true) };
const { container: _, ...belowManifests } = fromContainerd;

/** The same with containerd's image store. */
const CONTAINERD: VerdictCases = {
  "containerd: an index with the same part": [
    { ...fromContainerd, opened: { [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }) } },
    "UpToDate",
  ],
  "containerd: an index with another part": [
    {
      ...fromContainerd,
      opened: { [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }) },
      platforms: { [OLD_INDEX]: success(AMD64) },
      held: HELD,
    },
    "Outdated",
  ],
  "containerd: a variant that changed, as the list of images says": [
    {
      ...fromContainerd,
      image: containerdImage(OLD_INDEX, {
        manifests: [
          { digest: PART_A, platform: linux("arm", "v6"), available: false },
          { digest: PLATFORM, platform: linux("arm", "v7"), available: true },
        ],
      }),
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: linux("arm", "v6") },
          { digest: PART_C, platform: linux("arm", "v7") },
        ),
      },
      held: HELD,
    },
    "Outdated",
  ],
  "containerd: the known manifest of the old index": [{ ...fromContainerd, answer: has(PLATFORM) }, "UpToDate"],
  "containerd: not the known manifest of the old index": [
    { ...fromContainerd, answer: has(NEW), held: HELD },
    "Outdated",
  ],
  "containerd: the only manifest that is held is what runs": [
    {
      ...belowManifests,
      image: containerdImage(OLD_INDEX, { manifests: [{ digest: PLATFORM, platform: AMD64, available: true }] }),
      opened: { [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }) },
    },
    "UpToDate",
  ],
  "containerd below API 1.48: one variant changed, and it runs": [
    {
      ...belowManifests,
      opened: {
        [NEW_INDEX]: lists(
          { digest: PART_A, platform: linux("arm", "v6") },
          { digest: PART_C, platform: linux("arm", "v7") },
        ),
        [OLD_INDEX]: lists(
          { digest: PART_A, platform: linux("arm", "v6") },
          { digest: PART_B, platform: linux("arm", "v7") },
        ),
      },
      platforms: { [OLD_INDEX]: success(linux("arm", "v7")) },
      held: HELD,
    },
    "Outdated",
  ],
  "containerd below API 1.48: only another platform changed": [
    {
      ...belowManifests,
      opened: {
        [NEW_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: NEW, platform: ARM64 }),
        [OLD_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }, { digest: OTHER_PLATFORM, platform: ARM64 }),
      },
      platforms: { [OLD_INDEX]: success(AMD64) },
    },
    "UpToDate",
  ],
  "containerd below API 1.48: an old index that is gone": [
    {
      ...belowManifests,
      image: containerdImage(OLD_INDEX, { repoDigests: [`app@${OLD_INDEX}`, `app@${sha("9")}`] }),
      opened: { [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }), [OLD_INDEX]: fails("ImageNotFound") },
      platforms: { [OLD_INDEX]: success(AMD64) },
    },
    "Outdated",
  ],
  "containerd below API 1.48: an old index that cannot be opened": [
    {
      ...belowManifests,
      opened: { [NEW_INDEX]: lists({ digest: NEW, platform: AMD64 }), [OLD_INDEX]: fails("RegistryRateLimited") },
      platforms: { [OLD_INDEX]: success(AMD64) },
    },
    "Failed",
  ],
  "containerd below API 1.48: the platform's image of the old index": [
    {
      ...belowManifests,
      answer: has(PLATFORM),
      opened: { [OLD_INDEX]: lists({ digest: PLATFORM, platform: AMD64 }) },
      platforms: { [OLD_INDEX]: success(AMD64) },
    },
    "UpToDate",
  ],
};

const retagged = (...manifests: readonly { readonly digest: string; readonly platform: Platform }[]) => ({
  container: { manifestDigest: PLATFORM },
  image: containerdImage(OLD_INDEX, {
    repoTags: [],
    repoDigests: [],
    platform: AMD64,
    sources: ["docker.io/library/app"],
  }),
  others: [
    containerdImage(NEW_INDEX, {
      manifests: manifests.map((manifest) => ({ ...manifest, available: true })),
    }),
  ],
});

/** The tag was pulled since: whether that changed what a new container would run. */
const RETAGGED: VerdictCases = {
  "containerd: pulled since, and only an attestation changed": [
    { ...retagged({ digest: PLATFORM, platform: AMD64 }), answer: has(NEW_INDEX, true) },
    "UpToDate",
    { running: OLD_INDEX, available: NEW_INDEX },
  ],
  "containerd: pulled since, and only another platform changed": [
    {
      ...retagged({ digest: PLATFORM, platform: AMD64 }, { digest: NEW, platform: ARM64 }),
      answer: has(NEW_INDEX, true),
    },
    "UpToDate",
  ],
  "containerd: pulled since with the same part, and moved on in the registry": [
    {
      ...retagged({ digest: PLATFORM, platform: AMD64 }),
      answer: has(sha("9"), true),
      opened: { [sha("9")]: lists({ digest: NEW, platform: AMD64 }) },
    },
    "Outdated",
  ],
  "containerd: pulled since with another part": [
    retagged({ digest: NEW, platform: AMD64 }, { digest: OTHER_PLATFORM, platform: ARM64 }),
    "RestartPending",
    { running: OLD_INDEX, available: NEW_INDEX },
  ],
  "containerd: pulled since for other platforms only": [
    {
      ...retagged({ digest: NEW, platform: ARM64 }),
      answer: has(OLD_INDEX, true),
    },
    "UpToDate",
  ],
  "containerd: the tag names the part that runs without its index": [
    {
      ...retagged(),
      others: [containerdImage(PLATFORM)],
      answer: has(PLATFORM),
    },
    "UpToDate",
  ],
};

export const PLATFORM_CASES: VerdictCases = { ...GRAPH_DRIVER, ...CONTAINERD, ...RETAGGED };
