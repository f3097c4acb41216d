import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { Reason } from "../../src/api/reasons.ts";
import type { KeyPair } from "../support/pki.ts";

/** What handles a connection once it is open; without one the real daemon answers on it. */
export type Serve = (socket: Socket) => void;

export type Listener =
  /** OpenSSL's TLS, in Node, and behind it the real daemon. */
  | {
      readonly kind: "tls";
      readonly identity: KeyPair;
      readonly options?: TlsOptions;
      readonly serve?: Serve;
      readonly address?: "::1";
    }
  /** No TLS. */
  | { readonly kind: "tcp"; readonly serve?: Serve; readonly address?: "::1" }
  /** The real daemon's own port, with Go's TLS: 20.10 and 29, which ask for a client certificate. */
  | { readonly kind: "dockerd"; readonly engine: "old" | "new" }
  /** A port on which nobody listens. */
  | { readonly kind: "closed" }
  /** A Unix socket: the daemon's, none, or one that was left behind. */
  | { readonly kind: "socket"; readonly state: "daemon" | "absent" | "dead" };

/** Its Buffers are not text. */
export type FileContent = string | Buffer;

/** Given alike to both: as files to docker, and as the entries of a Secret to the product. */
export interface Client {
  /**
   * `verify`: --tlsverify, and spec.tls.verify. `encrypt`: --tls, and https:// without spec.tls.verify.
   * `plain`: neither.
   */
  readonly mode: "verify" | "encrypt" | "plain";
  readonly ca?: FileContent;
  readonly cert?: FileContent;
  readonly key?: FileContent;
  /** PEM; used as the roots of the system, which is empty otherwise. */
  readonly roots?: string;
  readonly apiVersion?: string;
}

/** `connects`, or a part of docker's words where it refuses. */
export type Answer = "connects" | RegExp;

export interface Row {
  /** Unique. */
  readonly what: string;
  readonly listener: Listener;
  readonly client: Client;
  /** Where both are sent; PORT and SOCKET are the listener's. Default `tcp://127.0.0.1:PORT`. */
  readonly host?: string;
  /** Whether the name in it has an address: that of this machine. Default true. */
  readonly resolves?: boolean;
  /** Of every client since 23.0. */
  readonly docker: Answer;
  /** Of 20.10, the test environment's own, where it answers otherwise. */
  readonly old?: Answer;
  readonly product: "Ready" | Reason;
  /** Why the product connects where docker does not, or the other way round. */
  readonly difference?: string;
}

/** What a client of this version answers. */
export function expectedOf({ docker, old }: Row, client: string): Answer {
  return client.startsWith("20.10") ? (old ?? docker) : docker;
}

/** The same over each version of TLS, which say different things at different times. */
export function overEachVersion(row: Row & { readonly listener: { readonly kind: "tls" } }): readonly Row[] {
  return (["TLSv1.2", "TLSv1.3"] as const).map((version) => ({
    ...row,
    what: `${row.what}, over ${version.replace("v", " ")}`,
    listener: { ...row.listener, options: { ...row.listener.options, minVersion: version, maxVersion: version } },
  }));
}
