/**
 * Plays the `vault` command with one PKI secrets engine, since no Vault is at hand: the certificates are real, by
 * openssl, and the answers have the form that Vault's API documents, down to PEM without a newline at its end and RSA
 * keys in PKCS#1. It knows only what docs/certificates/vault.md uses, and refuses the rest as Vault would.
 *
 *   node vault.ts STATE-FOLDER write -format=json pki/issue/ROLE common_name=NAME
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Role {
  readonly allowed_domains?: string;
  readonly allow_bare_domains?: string;
  readonly client_flag?: string;
  readonly server_flag?: string;
  readonly max_ttl?: string;
}

const [state = "", ...words] = process.argv.slice(2);
const path = (name: string) => join(state, name);

function main(): void {
  const options = words.filter((word) => word.startsWith("-"));
  const [command, ...rest] = words.filter((word) => !word.startsWith("-"));
  const [target = "", ...pairs] = rest;
  const fields = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  if (command === "secrets") secrets(rest, options);
  else if (command === "write") print(write(target, fields), options);
  else fail(`${command} is not played here`);
}

function secrets(rest: readonly string[], options: readonly string[]): void {
  const [action, ...more] = rest;
  if (more.join() !== "pki") fail("only the pki secrets engine is played here");
  if (action === "enable") {
    mkdirSync(state);
    writeFileSync(path("max-ttl"), "768h");
  } else if (action === "tune") {
    writeFileSync(path("max-ttl"), /^-max-lease-ttl=(\d+h)$/.exec(options.join(" "))?.[1] ?? fail("bad tuning"));
  } else {
    fail(`secrets ${action} is not played here`);
  }
}

function write(target: string, fields: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  if (!existsSync(state)) fail(`no handler for route "${target}"`);
  const role = /^pki\/roles\/([\w-]+)$/.exec(target)?.[1];
  if (role !== undefined) {
    writeFileSync(path(`role-${role}.json`), JSON.stringify(fields));
    return { ...fields };
  }
  if (target === "pki/root/generate/internal") return generateRoot(fields);
  const issuer = /^pki\/issue\/([\w-]+)$/.exec(target)?.[1];
  return issuer === undefined ? fail(`unsupported path ${target}`) : issue(issuer, fields);
}

function generateRoot(fields: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  const days = String(daysOf(fields.ttl, readFileSync(path("max-ttl"), "utf8")));
  const subject = `/CN=${fields.common_name}`;
  const files = ["-keyout", path("ca-key.pem"), "-out", path("ca.pem")];
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", days, "-subj", subject, ...files);
  return { certificate: pem("ca.pem"), issuing_ca: pem("ca.pem") };
}

function issue(name: string, fields: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  if (!existsSync(path(`role-${name}.json`))) fail(`unknown role: ${name}`);
  const role = JSON.parse(readFileSync(path(`role-${name}.json`), "utf8")) as Role;
  const subject = fields.common_name ?? fail("the common_name field is required");
  if (role.allow_bare_domains !== "true" || !role.allowed_domains?.split(",").includes(subject)) {
    fail(`common name ${subject} not allowed by this role`);
  }
  const names = [`DNS:${subject}`, ...(fields.ip_sans === undefined ? [] : [`IP:${fields.ip_sans}`])];
  const usages = [
    ...(role.server_flag === "false" ? [] : ["serverAuth"]),
    ...(role.client_flag === "false" ? [] : ["clientAuth"]),
  ];
  const extensions = [
    `subjectAltName = ${names.join(",")}`,
    "keyUsage = critical,digitalSignature,keyEncipherment,keyAgreement",
    ...(usages.length > 0 ? [`extendedKeyUsage = ${usages.join(",")}`] : []),
  ];
  writeFileSync(path("leaf.ext"), extensions.join("\n"));
  const [key, request, leaf] = [path("leaf-key.pem"), path("leaf.csr"), path("leaf.pem")];
  const days = String(daysOf(fields.ttl, role.max_ttl ?? readFileSync(path("max-ttl"), "utf8")));
  openssl("genrsa", "-traditional", "-out", key, "2048");
  openssl("req", "-new", "-key", key, "-subj", `/CN=${subject}`, "-out", request);
  const issuer = ["-CA", path("ca.pem"), "-CAkey", path("ca-key.pem"), "-CAcreateserial"];
  openssl("x509", "-req", "-in", request, "-days", days, "-extfile", path("leaf.ext"), ...issuer, "-out", leaf);
  return {
    ca_chain: [pem("ca.pem")],
    certificate: pem("leaf.pem"),
    issuing_ca: pem("ca.pem"),
    private_key: pem("leaf-key.pem"),
    private_key_type: "rsa",
  };
}

/** Vault gives no longer life than it may; openssl counts in days. */
function daysOf(ttl = "768h", max = "768h"): number {
  const [wanted, most] = [ttl, max].map((text) => Number(/^(\d+)h$/.exec(text)?.[1] ?? fail(`bad duration ${text}`)));
  return Math.min(wanted ?? 0, most ?? 0) / 24;
}

function print(data: Readonly<Record<string, unknown>>, options: readonly string[]): void {
  const field = /^-field=(\w+)$/.exec(options.join(" "))?.[1];
  if (field !== undefined) {
    process.stdout.write(String(data[field] ?? fail(`Field "${field}" not present in secret`)));
  } else if (options.includes("-format=json")) {
    const lease = { lease_id: "", lease_duration: 0, renewable: false };
    console.log(JSON.stringify({ request_id: "0", ...lease, data, warnings: null }, null, 2));
  } else {
    console.log("Success!");
  }
}

function pem(name: string): string {
  return readFileSync(path(name), "utf8").trim();
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "inherit"] });
}

function fail(message: string): never {
  console.error(`Error: ${message}`);
  process.exit(2);
}

main();
