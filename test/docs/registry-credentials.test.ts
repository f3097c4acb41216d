import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseReference } from "../../src/registry/reference.ts";
import { findCredential, parsePullSecret } from "../../src/registry/registry-credentials.ts";
import { execute } from "../env/binaries/run-command.ts";
import { connectEnvironment } from "../env/environment.ts";
import { writeCommand, writeScript } from "./commands.ts";
import { loginEnvironment } from "./reader.ts";
import { readPage } from "./runner/page.ts";

const PAGE = fileURLToPath(new URL("../../docs/registry-credentials.md", import.meta.url));
const { kube } = connectEnvironment(inject("environment"));
const NAMESPACE = "registry-pages";

/** For each section: an image that the Secret is for, the user name, and the password. */
const SECTIONS = [
  ["docker-hub", "team/app:1", "ACCOUNT", "from-TOKEN"],
  ["github-ghcr", "ghcr.io/team/app:1", "ACCOUNT", "from-TOKEN"],
  ["amazon-ecr", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:1", "AWS", "from-aws"],
  ["google-artifact-registry", "europe-west3-docker.pkg.dev/project/team/app:1", "_json_key", '{"from": "gcloud"}'],
  ["azure-acr", "registry.azurecr.io/team/app:1", "dockerhost", "from-az"],
  ["harbor", "harbor.example.com/project/app:1", "robot$project+dockerhost", "from-TOKEN"],
  ["gitlab", "registry.gitlab.com/group/app:1", "gitlab+deploy-token-1", "from-TOKEN"],
  ["several-registries", "registry.example.com/app:1", "somebody", "from-file"],
] as const;

describe("docs/registry-credentials.md", () => {
  let folder = "";
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dockerhost-registries-"));
    await kube.kubectl(["create", "namespace", NAMESPACE]);
    await writeCommand(join(folder, "kubectl"), [kube.facts.kubectl, "--namespace", NAMESPACE]);
    // The programs of the clouds print what the page asks them for.
    await writeScript(
      join(folder, "aws"),
      '[ "$*" = "ecr get-login-password --region eu-central-1" ] && echo from-aws',
    );
    await writeScript(join(folder, "az"), '[ "$1 $2 $3" = "acr token create" ] && echo from-az');
    await writeScript(join(folder, "gcloud"), `echo '{"from": "gcloud"}' > "$5"`);
    const auth = Buffer.from("somebody:from-file").toString("base64");
    await writeScript(join(folder, "config"), `echo '{"auths":{"registry.example.com":{"auth":"${auth}"}}}'`);
    await execute("bash", ["-c", "./config > config.json"], { cwd: folder });
    env = { ...loginEnvironment(folder, folder), KUBECONFIG: kube.facts.kubeconfig, TOKEN: "from-TOKEN" };
  });

  afterAll(async () => {
    await kube.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
    await rm(folder, { recursive: true, force: true });
  });

  it.each(SECTIONS)("makes the Secret of %s, which is used for %s", async (section, image, username, password) => {
    const { steps } = await readPage(PAGE);
    const blocks = steps.flatMap((step) => (step.kind === "commands" && step.section === section ? [step.text] : []));
    expect(blocks).toHaveLength(1);
    await kube.kubectl(["delete", "secret", "regcred", "-n", NAMESPACE, "--ignore-not-found"]);
    const { code, stderr } = await execute("bash", ["--norc", "-euo", "pipefail", "-c", blocks.join("\n")], {
      cwd: folder,
      env,
    });
    expect([code, stderr]).toEqual([0, ""]);

    const stored = await kube.kubectl(["get", "secret", "regcred", "-n", NAMESPACE, "-o", "jsonpath={.data}"]);
    const data: Record<string, string> = JSON.parse(stored);
    const files = Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString()]);
    const entries = parsePullSecret("regcred", Object.fromEntries(files));
    const reference = parseReference(image);
    if (!entries.ok || !reference.ok) throw new Error("the Secret or the image cannot be read");
    expect(findCredential(entries.value, reference.value)).toMatchObject({
      ok: true,
      value: { kind: "basic", username, password },
    });
  });

  it("covers each section that creates a Secret", async () => {
    const { steps } = await readPage(PAGE);
    const sections = steps.flatMap((step) => (step.kind === "commands" ? [step.section] : []));
    expect(sections).toEqual(SECTIONS.map(([section]) => section));
  });
});
