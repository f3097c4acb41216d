/** What was expected in an entry. */
export type Expected = "certificate" | "key" | "sshKey" | "knownHosts";

/** What is there instead, and how to fix it. Neither quotes the content. */
export interface Misplaced {
  /** Follows "is": `a certificate request`. */
  readonly what: string;
  readonly next: string;
}

/** Only this much of an entry is read, in UTF-16 units. */
const MAX_LOOKED_AT = 8 * 1024;

const AS_PEM: Readonly<Record<Expected, string>> = {
  certificate: "Put the certificate in PEM there",
  key: "Put the private key in PEM there, without a passphrase",
  sshKey: "Put the private key there as ssh-keygen writes it, without a passphrase",
  knownHosts: "Put the lines of `ssh-keyscan HOST` there",
};

/**
 * Names what a user has put in the place of a certificate, key or known_hosts, for common mistakes; undefined for
 * anything else. Never throws, and reads only the beginning. Bytes that are not UTF-8 must have become U+FFFD before.
 */
export function describeMisplaced(text: string, expected: Expected): Misplaced | undefined {
  const begin = text.slice(0, MAX_LOOKED_AT);
  return describeForm(begin, expected) ?? describeBlock(begin, expected) ?? describeOther(begin, expected);
}

function describeForm(begin: string, expected: Expected): Misplaced | undefined {
  const put = AS_PEM[expected];
  const bare = begin.trim();
  if (bare === "") return { what: "empty", next: `${put}.` };
  if (/^(?:\ufeff|\ufffd\ufffd)?(?:\0[\x20-\x7e\r\n]|[\x20-\x7e\r\n]\0){4}/.test(begin)) {
    return { what: "text in UTF-16", next: "Save the file as UTF-8 (`iconv -f UTF-16 -t UTF-8`), and put that there." };
  }
  // The base64 of `-----BEGIN`, and the base64 of that.
  if (/^(?:LS0tLS1CRUdJT|TFMwdExTMUNSVWRKVG)/.test(bare)) {
    return {
      what: "encoded in base64 once more than it should be",
      next: "Decode it once with `base64 -d`, and put the result there.",
    };
  }
  if (/^(?:MII|MIG|MHc|MC4)[A-Za-z0-9+/]{20}/.test(bare)) {
    return { what: "base64 without its lines BEGIN and END", next: `${put}, with the lines BEGIN and END.` };
  }
  // A sequence of ASN.1, whose length is not ASCII.
  if (/^0[\ufffd\u0080-\uffff]/.test(begin) && !begin.includes("-----BEGIN")) return describeBinary(begin, put);
  return undefined;
}

function describeBinary(begin: string, put: string): Misplaced {
  if (begin.slice(0, 12).includes("\u0002\u0001\u0003")) {
    return {
      what: "a PKCS#12 file (.p12, .pfx)",
      next: `${put}: \`openssl pkcs12 -in FILE -nokeys\` writes the certificates, \`openssl pkcs12 -in FILE -nocerts -nodes\` the key.`,
    };
  }
  return {
    what: "in DER, the binary form",
    next: `${put}: \`openssl x509 -inform der -in FILE\` converts a certificate, \`openssl pkey -inform der -in FILE\` a key.`,
  };
}

const LABELS: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE REQUEST$/, "a certificate request (CSR), which still has to be signed by a CA"],
  [/^PKCS7$|^CMS$/, "a PKCS#7 file"],
  [/^X509 CRL$/, "a list of revoked certificates (CRL)"],
  [/^OPENSSH PRIVATE KEY$/, "a private key for SSH"],
  [/^ENCRYPTED PRIVATE KEY$/, "an encrypted private key"],
  [/PRIVATE KEY$/, "a private key"],
  [/PUBLIC KEY$/, "a public key"],
  [/CERTIFICATE$/, "a certificate"],
  [/^(?:EC|DH|DSA) PARAMETERS$/, "parameters without a key"],
  [/^PGP /, "a file of PGP"],
];

const NAMES: Readonly<Record<Expected, RegExp>> = {
  certificate: /^CERTIFICATE$/,
  key: /^(?!OPENSSH ).*PRIVATE KEY$/,
  sshKey: /PRIVATE KEY$/,
  knownHosts: /(?!)/,
};

function describeBlock(begin: string, expected: Expected): Misplaced | undefined {
  const labels = [...begin.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----/g)].map(([, label = ""]) => label);
  const put = AS_PEM[expected];
  if (labels.some((label) => NAMES[expected].test(label))) return describeDamage(begin, put);
  const label = labels.map((label) => LABELS.find(([pattern]) => pattern.test(label))?.[1]).find(Boolean);
  if (label === undefined) return undefined;
  const swapped = /^a (?:certificate|private key)$/.test(label) && expected !== "sshKey" && expected !== "knownHosts";
  const hint = swapped ? "; check whether certificate and key were swapped" : "";
  return { what: label, next: `${put}${hint}.` };
}

function describeDamage(begin: string, put: string): Misplaced | undefined {
  if (/-----BEGIN [A-Z0-9 ]+-----(?:\\r)?\\n/.test(begin)) {
    return {
      what: "PEM whose line breaks have become the two characters \\n",
      next: "Put it there with real line breaks, in YAML as a block (`|`).",
    };
  }
  if (/-----BEGIN [A-Z0-9 ]+-----[ \t]*[^\s-]/.test(begin)) {
    return {
      what: "PEM that has lost its line breaks",
      next: "Put it there with its line breaks, in YAML as a block (`|`).",
    };
  }
  if (begin.length < MAX_LOOKED_AT && !begin.includes("-----END ")) {
    return { what: "PEM that is cut: its last line is missing", next: `${put}, whole.` };
  }
  return undefined;
}

const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^PuTTY-User-Key-File-/, "a key of PuTTY (.ppk)"],
  [/^---- BEGIN SSH2 PUBLIC KEY/, "a public key for SSH"],
  [/^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp\d+|sk-[a-z0-9-]+@openssh\.com) AAAA/, "a public key for SSH"],
  [/^(?:@[a-z-]+ )?\S+ (?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-nistp\d+) AAAA/, "a file of known hosts"],
  [/^<(?:!doctype|html|\?xml)/i, "a web page, as a download brings that failed"],
  [/^[[{]/, "JSON"],
  [/^Certificate:\s/, "the description of a certificate by `openssl x509 -text`"],
];

function describeOther(begin: string, expected: Expected): Misplaced | undefined {
  const bare = begin.trimStart();
  const found = BEGINNINGS.find(([pattern]) => pattern.test(bare))?.[1];
  if (found === undefined) return undefined;
  const convert = found.startsWith("a key of PuTTY")
    ? ": `puttygen FILE.ppk -O private-openssh -o FILE` converts it"
    : "";
  return { what: found, next: `${AS_PEM[expected]}${convert}.` };
}
