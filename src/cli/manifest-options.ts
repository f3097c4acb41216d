import { type Command, Option } from "commander";
import type { FromContextFlags } from "../import/from-context.ts";
import type { FromFilesFlags } from "../import/from-files.ts";
import type { FromWatchtowerFlags } from "../import/from-watchtower.ts";
import { MANIFEST_FORMATS } from "../import/imported-host.ts";
import type { ManifestFlags, ManifestSource } from "./manifest-command.ts";

type Action = (source: ManifestSource, flags: ManifestFlags) => Promise<void>;

/** Adds `dockerhost manifest` and its subcommands, one for each source. */
export function addManifest(program: Command, action: Action): void {
  const manifest = program
    .command("manifest")
    .description("Print the DockerHost and Secret of a host that files, Docker or Watchtower describe.")
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost manifest from-context edge-7 | dockerhost check -f -

The DockerHost keeps the security of the source: it does not verify a server that the source did not verify.
Warnings go to standard error. A private key is written only into the Secret on standard output.`,
    );
  addFromFiles(manifest, action);
  addFromContext(manifest, action);
  addFromEnv(manifest, action);
  addFromWatchtower(manifest, action);
}

function addFromFiles(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-files <folder>")
      .description("Read a folder with certificates of any tool, or with an SSH key and known_hosts.")
      .option("-H, --host <url>", "address of the daemon, which certificates do not contain")
      .option("--cert <file>", "the client certificate, if the folder contains several")
      .option("--key <file>", "the private key of the client certificate")
      .option("--ca <file>", "the CA that issued the daemon's certificate, if the folder contains several or none"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost manifest from-files ./certs --host tcp://edge-7.example.com:2376 | kubectl apply -f -
  $ dockerhost manifest from-files ./keys --host ssh://docker@edge-7.example.com -n fleet

Recognizes the files of Docker (ca.pem, cert.pem, key.pem), Kubernetes (ca.crt, tls.crt, tls.key), Vault (certificate,
private_key, issuing_ca, ca_chain, or its answer as JSON), CFSSL (x.pem, x-key.pem, ca.pem) and step (x.crt, x.key,
root_ca.crt), and the manifest of a Secret. Files with other names are recognized by their content. A CA's private key
is never written.`,
    )
    .action(async (folder: string, flags: ManifestFlags & FromFilesFlags) => {
      await action({ kind: "files", folder, flags }, flags);
    });
}

function addFromContext(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-context [name]")
      .description(
        "Read a context of the docker command, from its store ($DOCKER_CONFIG or ~/.docker) or from an export.",
      )
      .option("--file <file>", "the output of docker context export; - for standard input")
      .option("--all", "read every context that has the address of a daemon"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost manifest from-context edge-7 | kubectl apply -f -
  $ dockerhost manifest from-context --file edge-7.dockercontext -n fleet
  $ dockerhost manifest from-context --all -n fleet | kubectl apply -f -

The context called default consists of the DOCKER_* variables.`,
    )
    .action(async (name: string | undefined, flags: ManifestFlags & FromContextFlags) => {
      await action({ kind: "context", name, flags }, flags);
    });
}

function addFromEnv(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-env")
      .description("Read DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_API_VERSION."),
  )
    .addHelpText(
      "after",
      `
Example:
  $ eval "$(docker-machine env edge-7)" && dockerhost manifest from-env --name edge-7 | kubectl apply -f -`,
    )
    .action(async (flags: ManifestFlags) => {
      await action({ kind: "env" }, flags);
    });
}

function addFromWatchtower(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-watchtower [command...]")
      .description("Read the host that Watchtower updates from its Compose file or its command line.")
      .addOption(
        new Option(
          "--compose <file>",
          "the Compose file; variables come from the environment and from .env in its folder. Repeat the flag for files that override the first",
        ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
      )
      .option("--service <name>", "Watchtower's service, needed unless exactly one service has a Watchtower image")
      .option("--cert-path <folder>", "folder with ca.pem, cert.pem and key.pem, if the mounts do not lead to it"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost manifest from-watchtower --compose compose.yaml | kubectl apply -f -
  $ dockerhost manifest from-watchtower --name edge-7 -- docker run -v ./certs:/etc/ssl/docker:ro nickfedor/watchtower --host tcp://edge-7:2376 --tlsverify --cert-path /etc/ssl/docker`,
    )
    .action(async (words: string[], flags: ManifestFlags & FromWatchtowerFlags) => {
      await action({ kind: "watchtower", words, flags }, flags);
    });
}

function withCommonOptions(command: Command): Command {
  return command
    .option("--name <name>", "name of the DockerHost (default derived from the host or context)")
    .option("-n, --namespace <name>", "namespace to write; without it, the objects have none")
    .addOption(new Option("-o, --output <format>", "output format").choices(MANIFEST_FORMATS).default("yaml"))
    .option("--no-secret", "print only the DockerHost, and on standard error the command that creates its Secret")
    .option("--only-secret", "print only the Secret")
    .option("--ssh-key <file>", "the private key for the Secret of an ssh:// host")
    .option("--known-hosts <file>", "the trusted host keys for the Secret of an ssh:// host")
    .option(
      "--force",
      "also write a client certificate that no daemon accepts because it has expired or is not for clients",
    );
}
