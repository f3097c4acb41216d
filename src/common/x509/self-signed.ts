import { generateKeyPair, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { constructed, primitive, TAG } from "./der.ts";
import { bitString, der, oid, sequence, unsigned, utcTime } from "./der-writer.ts";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const UTF8_STRING = 0x0c;
/** For clocks that are behind ours. */
const BACKDATED_MS = 3_600_000;

export interface SelfSignedOptions {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  /** The time from which it is valid, in milliseconds since the Unix epoch. */
  readonly now: number;
  readonly validForMs: number;
}

/** PEM of a certificate for a TLS server and of its key. */
export interface ServerPair {
  readonly cert: string;
  readonly key: string;
}

/** Makes a new P-256 key and a certificate for it that is signed with the same key. */
export async function selfSigned({ commonName, dnsNames, now, validForMs }: SelfSignedOptions): Promise<ServerPair> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const name = sequence(der(TAG.set, sequence(oid(COMMON_NAME), der(UTF8_STRING, Buffer.from(commonName)))));
  const names = sequence(...dnsNames.map((each) => der(primitive(2), Buffer.from(each))));
  const extensions = [
    sequence(oid(SUBJECT_ALT_NAME), der(TAG.octetString, names)),
    sequence(oid(EXTENDED_KEY_USAGE), der(TAG.octetString, sequence(oid(SERVER_AUTH)))),
  ];
  const version3 = der(constructed(0), unsigned(Buffer.from([2])));
  const body = sequence(
    version3,
    unsigned(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    sequence(utcTime(now - BACKDATED_MS), utcTime(now + validForMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(constructed(3), sequence(...extensions)),
  );
  const certificate = sequence(body, algorithm, bitString(sign("sha256", body, privateKey)));
  return { cert: pem(certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
