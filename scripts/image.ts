/** `npm run image`: builds the container image with Docker or Podman. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { buildImage, findBuilder, PLATFORMS, parsePlatforms, tagOf } from "./release/container-builder.ts";
import { ROOT, run, runScript } from "./release/run-script.ts";

const USAGE = `Usage: npm run image -- [--tag TAG] [--base IMAGE] [--platform PLATFORM[,PLATFORM]]

Builds the container image with docker or podman, whichever is on the PATH.

  --tag TAG            name of the image (default dockerhost-operator:${packageJson.version})
  --base IMAGE         base image with Node 24 at /nodejs/bin/node; name it by digest to pin it
  --platform PLATFORM  ${PLATFORMS.join(" or ")}; the default is that of the builder. The machine need not be of that
                       platform. With several, each image gets its architecture as the end of its tag
  --help               shows this text

Example:
  npm run image -- --tag registry.example.com/dockerhost-operator:1.2.3 --platform ${PLATFORMS.join(",")}
`;

await runScript(() => {
  const { values } = parseArgs({
    options: {
      tag: { type: "string", default: `dockerhost-operator:${packageJson.version}` },
      base: { type: "string" },
      platform: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const platforms = parsePlatforms(values.platform);
  const { version } = packageJson;
  const image = { builder: findBuilder(), version, base: values.base };
  run(process.execPath, [join(ROOT, "scripts/build.ts")]);
  const [only] = platforms;
  const wanted =
    platforms.length > 1
      ? platforms.map((platform) => ({ tag: tagOf(values.tag, platform), platform }))
      : [{ tag: values.tag, platform: only }];
  for (const each of wanted) {
    buildImage(run, { ...image, ...each });
    console.log(`Built ${each.tag}.`);
  }
});
