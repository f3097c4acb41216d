import { expect } from "vitest";
import { success } from "../../src/common/result.ts";
import {
  containerdImage,
  fails,
  HUB,
  has,
  hostHas,
  lists,
  NEW,
  OLD,
  single,
  type VerdictCases,
} from "./verdict-cases.ts";

const team = { container: { image: "team/web" } };
const TEAM_HUB = "docker.io/team/web";
const named = (sources?: readonly string[]) =>
  containerdImage(OLD, {
    repoTags: ["team/web:latest"],
    repoDigests: [`team/web@${OLD}`],
    manifests: [{ digest: OLD, available: true }],
    ...(sources !== undefined && { sources }),
  });

/** A name is never proof of origin. */
export const ORIGIN_CASES: VerdictCases = {
  "a name that was given to an image of another repository": [
    { ...team, image: named(["reg.example.com/team/app"]) },
    "LocalImage",
    { running: OLD, message: expect.stringContaining("reg.example.com/team/app") },
  ],
  "a name in a registry that was given to an image of Docker Hub": [
    {
      container: { image: "reg.example.com:5000/team/web" },
      image: { ...named([HUB]), repoTags: ["reg.example.com:5000/team/web:latest"] },
    },
    "LocalImage",
  ],
  "an image of two repositories": [
    { ...team, image: named(["reg.example.com/team/app", TEAM_HUB]), answer: has(OLD) },
    "UpToDate",
  ],
  "an image whose digest the registry removed, of known origin": [
    { ...team, image: named([TEAM_HUB]), answer: has(NEW) },
    "Outdated",
  ],
  "the registry without its port": [
    {
      container: { image: "reg.example.com:5000/team/web" },
      image: { ...named(["reg.example.com/team/web"]), repoTags: ["reg.example.com:5000/team/web:latest"] },
      answer: has(NEW),
    },
    "Outdated",
  ],

  // Loaded, imported or committed: the daemon says nothing.
  "a loaded image that the registry has": [{ ...team, image: named([]), answer: has(OLD) }, "UpToDate"],
  "a loaded image that the registry had": [
    { ...team, image: named([]), answer: has(NEW), held: { [OLD]: success(true) } },
    "Outdated",
  ],
  "an imported image, and a stranger's of its name": [
    { ...team, image: named([]), answer: has(NEW), held: { [OLD]: success(false) } },
    "LocalImage",
  ],
  "an imported image that no registry has": [
    { ...team, image: named([]), answer: fails("ImageNotFound") },
    "LocalImage",
  ],
  "an imported image, asked for with credentials": [
    { ...team, image: named([]), answer: fails("RegistryAccessDenied"), anonymous: false },
    "LocalImage",
  ],
  "an imported image without internet": [
    { ...team, image: named([]), answer: fails("RegistryUnreachable") },
    "LocalImage",
  ],
  "a loaded image, when the registry does not say whether it had it": [
    { ...team, image: named([]), answer: has(NEW), held: { [OLD]: fails("RegistryRateLimited") } },
    "Failed",
  ],
  "a loaded image, by the daemon": [
    { ...team, image: named([]), answer: hostHas(NEW), held: { [OLD]: success(false) } },
    "LocalImage",
  ],
  "a loaded image with a graph driver": [
    { image: { repoDigests: [] } },
    "LocalImage",
    { message: expect.stringContaining("docker load") },
  ],

  // Below API 1.54 containerd's store gives every image `name@id`.
  "below 1.54: a stranger's image of the name": [
    { ...team, image: named(), answer: has(NEW), held: { [OLD]: success(false) } },
    "LocalImage",
    { message: expect.stringContaining("does not have the digest that runs") },
  ],
  "below 1.54: a newer image of the name": [
    { ...team, image: named(), answer: has(NEW), held: { [OLD]: success(true) } },
    "Outdated",
  ],
  "below 1.54: the registry still has the manifest, and not the index": [
    {
      ...team,
      container: { ...team.container, manifestDigest: NEW },
      image: named(),
      answer: has("sha256:9", true),
      opened: { "sha256:9": lists({ digest: "sha256:8" }) },
      held: { [OLD]: success(false), [NEW]: success(true) },
      platforms: { [OLD]: success(undefined) },
    },
    "Outdated",
  ],
  "below 1.54: the registry does not say": [
    { ...team, image: named(), answer: has(NEW), held: { [OLD]: fails("RegistryServerError") } },
    "Failed",
  ],
  "below 1.48: a stranger's image of the name": [
    {
      ...team,
      image: containerdImage(OLD, { repoTags: ["team/web:latest"], repoDigests: [`team/web@${OLD}`] }),
      answer: has(NEW),
      opened: { [OLD]: fails("ImageNotFound") },
      held: { [OLD]: success(false) },
    },
    "LocalImage",
  ],
  "below 1.48: the same single image in the registry still": [
    {
      ...team,
      image: containerdImage(OLD, { repoTags: ["team/web:latest"], repoDigests: [`team/web@${OLD}`] }),
      answer: has(NEW),
      opened: { [OLD]: single() },
      held: { [OLD]: success(true) },
    },
    "Outdated",
  ],
};
