/**
 * `npm run image`: builds the container image with Docker or Podman.
 *
 *   npm run image -- --tag registry.example.com/dockerhost-operator:1.2.3
 *   npm run image -- --base my/node24:nonroot     a base with Node at /nodejs/bin/node
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import packageJson from "../package.json" with { type: "json" };

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: { tag: { type: "string", default: `dockerhost-operator:${packageJson.version}` }, base: { type: "string" } },
});

const builder = ["docker", "podman"].find((program) => spawnSync(program, ["--version"]).status === 0);
if (builder === undefined)
  fail("Neither docker nor podman is on the PATH; install one of them and run the command again.");

run(process.execPath, [fileURLToPath(new URL("build.ts", import.meta.url))]);
run(builder, [
  "build",
  // The build needs nothing from the network except the base image.
  "--network=none",
  `--build-arg=VERSION=${packageJson.version}`,
  ...(values.base === undefined ? [] : [`--build-arg=BASE=${values.base}`]),
  `--tag=${values.tag}`,
  ".",
]);
console.log(`Built ${values.tag}.`);

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) fail(`${program} ${args[0]} failed.`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
