import { type Command, Option } from "commander";
import { MANIFEST_FORMATS } from "../import/draft.ts";
import type { FromContextFlags } from "../import/from-context.ts";
import type { FromFilesFlags } from "../import/from-files.ts";
import type { FromWatchtowerFlags } from "../import/from-watchtower.ts";
import type { ManifestFlags, ManifestSource } from "./manifest.ts";

type Action = (source: ManifestSource, flags: ManifestFlags) => Promise<void>;

/** `dockerhost manifest` and what it reads from. */
export function addManifest(program: Command, action: Action): void {
  const manifest = program
    .command("manifest")
    .description("Print the DockerHost and Secret of a host that something else describes: files, Docker, Watchtower.")
    .addHelpText(
      "after",
      `
Example:
  $ dockerhost manifest from-context edge-7 | dockerhost check -f -

It writes what was on the wire: where the server was not verified, neither does the DockerHost. Warnings go to
standard error; a private key goes nowhere but into the Secret on standard output.`,
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
      .description("A folder of certificates, of whatever making, or of an SSH key and known_hosts.")
      .option("-H, --host <url>", "address of the daemon; certificates do not say it")
      .option("--cert <file>", "the client certificate, where the folder holds several")
      .option("--key <file>", "its private key")
      .option("--ca <file>", "the CA that issued the daemon's certificate, where the folder holds several or none"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost manifest from-files ./certs --host tcp://edge-7.example.com:2376 | kubectl apply -f -
  $ dockerhost manifest from-files ./keys --host ssh://docker@edge-7.example.com -n fleet

It knows Docker's files (ca.pem, cert.pem, key.pem), Kubernetes' (ca.crt, tls.crt, tls.key), Vault's (certificate,
private_key, issuing_ca, ca_chain, or its answer as JSON), CFSSL's (x.pem, x-key.pem, ca.pem), step's (x.crt, x.key,
root_ca.crt) and the manifest of a Secret. Other names are judged by content. A CA's private key is never written.`,
    )
    .action(async (folder: string, flags: ManifestFlags & FromFilesFlags) => {
      await action({ kind: "files", folder, flags }, flags);
    });
}

function addFromContext(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-context [name]")
      .description("A context of Docker's client, from its store ($DOCKER_CONFIG or ~/.docker) or from an export.")
      .option("--file <file>", "what docker context export wrote; - for standard input")
      .option("--all", "every context that has a daemon to reach"),
  )
    .addHelpText(
      "after",
      `
Examples:
  $ dockerhost manifest from-context edge-7 | kubectl apply -f -
  $ dockerhost manifest from-context --file edge-7.dockercontext -n fleet
  $ dockerhost manifest from-context --all -n fleet | kubectl apply -f -

The context called default is what the DOCKER_* variables say.`,
    )
    .action(async (name: string | undefined, flags: ManifestFlags & FromContextFlags) => {
      await action({ kind: "context", name, flags }, flags);
    });
}

function addFromEnv(manifest: Command, action: Action): void {
  withCommonOptions(
    manifest
      .command("from-env")
      .description("The host of DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_API_VERSION."),
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
      .description("The host that Watchtower looks after, by its Compose file or its command line.")
      .addOption(
        new Option(
          "--compose <file>",
          "the Compose file; variables come from the environment and the .env next to it. Repeat it for files that override the first",
        ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
      )
      .option("--service <name>", "its service, where not exactly one has an image of Watchtower")
      .option("--cert-path <folder>", "folder with ca.pem, cert.pem and key.pem, where the mounts do not lead to it"),
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
    .option("--name <name>", "name of the DockerHost (default made from the host or context)")
    .option("-n, --namespace <name>", "namespace to write; none is written without it")
    .addOption(new Option("-o, --output <format>", "how to print").choices(MANIFEST_FORMATS).default("yaml"))
    .option("--no-secret", "print the DockerHost alone, and on standard error the command that makes its Secret")
    .option("--only-secret", "print the Secret alone")
    .option("--ssh-key <file>", "with ssh://: the private key for the Secret")
    .option("--known-hosts <file>", "with ssh://: the host keys that are trusted")
    .option("--force", "write also a client certificate that no daemon will accept: expired, or not for clients");
}
