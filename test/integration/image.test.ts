import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { connectEnvironment } from "../env/environment.ts";
import { IMAGE, OperatorImage } from "./operator-image.ts";

const docker = connectEnvironment(inject("environment")).dockers.new;

describe("the image", () => {
  let image: OperatorImage;

  beforeAll(async () => {
    image = await OperatorImage.ensure(docker);
  });
  afterAll(() => image?.close());

  it("runs as an unprivileged user and says its version", async () => {
    expect(await image.run(["--version"])).toBe(`${packageJson.version}\n`);
    const config = JSON.parse(await docker.cli(["image", "inspect", "--format", "{{json .Config}}", IMAGE]));
    expect(config).toMatchObject({
      User: "65532:65532",
      Cmd: ["controller"],
      Labels: { "org.opencontainers.image.version": packageJson.version },
    });
  });

  it("checks a host over mutual TLS", async () => {
    const from = await image.folderOf({ ...docker.facts.client });
    const check = ["check", "--host", docker.facts.host, "--tlsverify", "--cert-path", "/certs", "-o", "json"];
    expect(JSON.parse(await image.run(check, { at: "/certs", from })).items[0].status.tlsMode).toBe("Mutual");
  });
});
