import type { ReasonEntry } from "./entry.ts";

const base = { condition: "CredentialsValid", outcome: "stalled", retry: "interval" } as const;

/** What the Secret shows before a connection is opened. */
export const credentialReasons = {
  CredentialsLoaded: {
    ...base,
    outcome: "ok",
    meaning: "The Secret was read, and its credentials are valid.",
    cause: "All is well.",
    fix: "Nothing to do.",
  },
  NotApplicable: {
    ...base,
    outcome: "ok",
    meaning: "No Secret is read for this endpoint.",
    cause: "The endpoint is plaintext or a local socket, or the spec references no Secret.",
    fix: "Nothing to do.",
  },
  SecretNotFound: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "A Secret that the spec references does not exist in the namespace of the DockerHost.",
    cause: "It has not been created yet, has another name, or is in another namespace.",
    fix: "Create it in the same namespace, or correct the name.",
  },
  SecretUnreadable: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "A Secret that the spec references could not be read.",
    cause: "The controller is not permitted to read Secrets in this namespace, or the API server did not answer.",
    fix: "Grant the controller's service account permission to `get` Secrets in this namespace.",
  },
  SecretKeyMissing: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "The Secret lacks a required key.",
    cause: "The keys have other names, or the Secret is still incomplete.",
    fix: "Add the key, or map the names in spec.tls.certSecretRef.keys.",
    fixByFlags: "Add the file, or name it with its flag.",
  },
  CACertificateInvalid: {
    ...base,
    meaning: "The CA entry does not contain a usable CA certificate.",
    cause: "It is empty, not PEM, or not a CA certificate.",
    fix: "Use the PEM certificate of the CA that issued the server's certificate.",
  },
  ClientCertificateInvalid: {
    ...base,
    meaning: "The client certificate cannot be parsed.",
    cause: "It is not a PEM certificate: DER, a private key, or damaged.",
    fix: "Use the PEM client certificate, with its intermediates.",
  },
  ClientKeyInvalid: {
    ...base,
    meaning: "The client's private key cannot be parsed.",
    cause: "It is not a PEM private key, or it is damaged.",
    fix: "Use the PEM private key of the client certificate.",
  },
  ClientKeyEncrypted: {
    ...base,
    meaning: "The client's private key is encrypted with a passphrase.",
    cause: "It was created with a passphrase; Docker rejects such keys as well.",
    fix: "Store the key without a passphrase, for example with `openssl pkey -in key.pem -out plain.pem`.",
  },
  ClientKeyMismatch: {
    ...base,
    meaning: "The private key does not belong to the client certificate.",
    cause: "Certificate and key were not issued together, often because a rotation is incomplete.",
    fix: "Use the certificate and the key that were issued together.",
  },
  ClientKeyPairIncomplete: {
    ...base,
    outcome: "waiting",
    retry: "backoff",
    meaning: "The Secret contains a client certificate without its key, or a key without its certificate.",
    cause: "One of the two entries is missing or has an unknown name.",
    fix: "Add the missing entry, or remove the other one to verify only the server.",
  },
  SSHKeyInvalid: {
    ...base,
    meaning: "The SSH private key cannot be used.",
    cause: "It is not a private key in OpenSSH or PEM format, is damaged, or has an unsupported type.",
    fix: "Use an Ed25519, ECDSA or RSA private key, for example from `ssh-keygen -t ed25519`.",
  },
  SSHKeyEncrypted: {
    ...base,
    meaning: "The SSH private key is encrypted with a passphrase.",
    cause: "It was created with a passphrase, which cannot be entered here.",
    fix: "Store the key without a passphrase: `ssh-keygen -p -N '' -f FILE` removes it from a copy.",
  },
  KnownHostsInvalid: {
    ...base,
    meaning: "The entry known_hosts contains no host keys.",
    cause: "It is empty or damaged, or it contains something else.",
    fix: "Use the output of `ssh-keyscan`, after comparing the fingerprints on the host itself.",
  },
  ClientCertificateExpired: {
    ...base,
    meaning: "The client certificate has expired.",
    cause: "It was not renewed in time.",
    fix: "Renew it and update the Secret. If it should still be valid, check the clocks.",
    fixByFlags: "Renew it. If it should still be valid, check the clock of this machine.",
  },
  ClientCertificateNotYetValid: {
    ...base,
    meaning: "The client certificate is not valid yet.",
    cause: "Its validity starts in the future, or a clock is wrong.",
    fix: "Check the clocks, or issue a certificate that is valid now.",
  },
  ClientCertificateUsageInvalid: {
    ...base,
    meaning: "The client certificate is not permitted for client authentication.",
    cause: "Its extended key usage lacks client authentication, as cert-manager's default does.",
    fix: "Issue it with client authentication; with cert-manager, add `client auth` to the usages of the Certificate.",
  },
} as const satisfies Record<string, ReasonEntry>;
