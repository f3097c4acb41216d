import type { ReasonEntry } from "./entry.ts";

const base = { condition: "CredentialsValid", outcome: "stalled", retry: "interval" } as const;

/** What the Secret alone shows, before a connection is opened. */
export const credentialReasons = {
  CredentialsLoaded: {
    ...base,
    outcome: "ok",
    meaning: "The Secret was read, and what it holds is sound.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  NotApplicable: {
    ...base,
    outcome: "ok",
    meaning: "No Secret is read for this endpoint.",
    cause: "The endpoint is plaintext or a local socket, or no Secret is named.",
    fix: "Nothing to do.",
  },
  SecretNotFound: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "A Secret that the spec names does not exist in the object's namespace.",
    cause: "It was not created yet, has another name, or lives in another namespace.",
    fix: "Create it in the same namespace, or correct the name; it is picked up at once.",
  },
  SecretUnreadable: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "A Secret that the spec names could not be read.",
    cause: "The controller may not read Secrets in this namespace, or the API server did not answer.",
    fix: "Grant `get` on Secrets in this namespace to the controller's service account.",
  },
  SecretKeyMissing: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "The Secret lacks a key that is needed.",
    cause: "The keys have other names, or the Secret is not complete yet.",
    fix: "Add the key that the message names, or map the names in spec.tls.certSecretRef.keys.",
  },
  CACertificateInvalid: {
    ...base,
    meaning: "The CA entry holds no usable CA certificate.",
    cause: "It is empty, no PEM, or not a CA.",
    fix: "Put the PEM certificate of the CA that issued the server's certificate there.",
  },
  ClientCertificateInvalid: {
    ...base,
    meaning: "The client certificate cannot be parsed.",
    cause: "It is not a PEM certificate: DER, a private key, or damaged.",
    fix: "Put the PEM client certificate (with its intermediates) there.",
  },
  ClientKeyInvalid: {
    ...base,
    meaning: "The client's private key cannot be parsed.",
    cause: "It is no PEM private key, or it is damaged.",
    fix: "Put the PEM private key of the client certificate there.",
  },
  ClientKeyEncrypted: {
    ...base,
    meaning: "The client's private key is encrypted with a passphrase.",
    cause: "It was written with a passphrase; Docker refuses such keys as well.",
    fix: "Store the key without a passphrase, for example by `openssl pkey -in key.pem -out plain.pem`.",
  },
  ClientKeyMismatch: {
    ...base,
    meaning: "The private key does not belong to the client certificate.",
    cause: "Certificate and key come from different issues, often after half a rotation.",
    fix: "Store the certificate and the key that were issued together.",
  },
  ClientKeyPairIncomplete: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "The Secret holds a client certificate without its key, or a key without its certificate.",
    cause: "One of the two entries is missing or has an unknown name.",
    fix: "Add the entry that the message names, or remove the other one if only the server is to be verified.",
  },
  SSHKeyInvalid: {
    ...base,
    meaning: "The private key for SSH cannot be used.",
    cause: "It is no private key in OpenSSH's form or PEM, damaged, or of a type that is not supported.",
    fix: "Put an Ed25519, ECDSA or RSA private key there, for example of `ssh-keygen -t ed25519`.",
  },
  SSHKeyEncrypted: {
    ...base,
    meaning: "The private key for SSH is encrypted with a passphrase.",
    cause: "It was made or written with a passphrase, which nobody is there to type.",
    fix: "Store the key without a passphrase: `ssh-keygen -p -N '' -f FILE` takes it off a copy.",
  },
  KnownHostsInvalid: {
    ...base,
    meaning: "The entry known_hosts holds no host keys.",
    cause: "It is empty or damaged, or something else was put there.",
    fix: "Put the lines of `ssh-keyscan` there, after comparing their fingerprints on the host itself.",
  },
  ClientCertificateExpired: {
    ...base,
    meaning: "The client certificate has expired.",
    cause: "It was not renewed in time.",
    fix: "Renew it and update the Secret, which is picked up at once; where it should be valid, check the clocks.",
  },
  ClientCertificateNotYetValid: {
    ...base,
    meaning: "The client certificate is not valid yet.",
    cause: "Its start lies ahead, or a clock is wrong.",
    fix: "Check the clocks, or issue a certificate that is valid now.",
  },
  ClientCertificateUsageInvalid: {
    ...base,
    meaning: "The client certificate may not be used for client authentication.",
    cause: "Its extended key usage lacks client authentication, as with cert-manager's defaults.",
    fix: "Issue it with client authentication; with cert-manager add `client auth` to spec.usages.",
  },
} as const satisfies Record<string, ReasonEntry>;
