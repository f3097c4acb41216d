import { type Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { policyFlags } from "./connection-policy.ts";
import { flag } from "./flags/flags.ts";
import { duration } from "./flags/values.ts";

/** The flags with a schema of all commands that reach hosts of manifests, or one host by flags. */
export const connectionFlags = z.object({
  timeout: flag(duration("1s", "10m").optional(), {
    placeholder: "<duration>",
    description: "time limit for connecting, and for the update check after it",
    defaultWords: "30s and 5m",
  }),
  ...policyFlags("check"),
});

export const FILENAMES = "manifests of DockerHosts and their Secrets: files, folders, or - for standard input";

/** The other flags of these commands, except for -f, named as Docker names them. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("-H, --host <url>", "address of the daemon (DOCKER_HOST; default unix:///var/run/docker.sock)")
    .addOption(
      new Option(
        "--tlsverify [boolean]",
        "verify the server's certificate; turns tcp:// into https:// (DOCKER_TLS_VERIFY)",
      ).argParser(parseBoolean),
    )
    .option(
      "--cert-path <folder>",
      "folder with ca.pem, cert.pem and key.pem (DOCKER_CERT_PATH; default /etc/ssl/docker, then ~/.docker)",
    )
    .option("--tlscacert <file>", "the CA's certificate, instead of the one in --cert-path")
    .option("--tlscert <file>", "the client certificate, instead of the one in --cert-path")
    .option("--tlskey <file>", "the client's private key, instead of the one in --cert-path")
    .option("--ssh-key <file>", "the private key for an ssh:// host (default ~/.ssh/id_ed25519, id_ecdsa or id_rsa)")
    .option("--known-hosts <file>", "the trusted host keys for an ssh:// host (default ~/.ssh/known_hosts)")
    .option("--api-version <version>", "version of the Docker API (DOCKER_API_VERSION; default negotiated)")
    .option(
      "--registry-config <file>",
      "Docker's configuration file with the logins to registries; its credential helpers are run (default ~/.docker/config.json, or the one in DOCKER_CONFIG)",
    )
    .option("--no-registry-config", "ask all registries without a login, and run no credential helper")
    .option("--registry-ca <file>", "CA certificates that are trusted for registries, in addition to the system's");
}

function parseBoolean(text: string): boolean {
  if (/^(true|1|t)$/i.test(text)) return true;
  if (/^(false|0|f)$/i.test(text)) return false;
  throw new InvalidArgumentError("It must be true or false.");
}
