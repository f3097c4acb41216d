import { isLoopback } from "../../page/host-header.ts";
import { type Address, parseAddressOrNone } from "../listen-address.ts";
import { flag } from "./flags.ts";
import { choice, textSchema, words } from "./values.ts";

const PAGE_AUTHS = ["none", "kubernetes"] as const;

/** The flags of the page that the controller serves. */
export function pageFlags() {
  return {
    pageBindAddress: flag(textSchema(parseAddressOrNone).prefault("0"), {
      placeholder: "<address>",
      description:
        "address that serves a page about the fleet: [HOST]:PORT, or 0 to disable it; without --page-auth it must be a loopback address, which kubectl port-forward reaches",
    }),
    pageAuth: flag(choice(PAGE_AUTHS).prefault("none"), {
      placeholder: "<name>",
      description:
        "who may see the page: `none` lets in everybody who reaches a loopback address; `kubernetes` serves it only over TLS, and only to those with a token of the cluster who may `get` dockerhosts in all namespaces that the controller watches",
    }),
    pageCertPath: flag(words.optional(), {
      placeholder: "<folder>",
      description:
        "folder with tls.crt and tls.key for --page-auth kubernetes; changed files are used within a minute, without a restart",
      defaultWords: "a self-signed certificate",
    }),
  };
}

interface Flags {
  readonly pageBindAddress: Address | false;
  readonly pageAuth: (typeof PAGE_AUTHS)[number];
  readonly pageCertPath?: string | undefined;
}

/** A sentence about flags that do not fit each other. */
export function pageProblem({ pageBindAddress: address, pageAuth, pageCertPath }: Flags): string | undefined {
  const isGuarded = pageAuth === "kubernetes";
  if (isGuarded && address === false) return "--page-auth kubernetes needs --page-bind-address";
  if (pageCertPath !== undefined && !isGuarded) return "--page-cert-path needs --page-auth kubernetes";
  if (address !== false && !isGuarded && !isLoopback(address.host))
    return "--page-bind-address beyond the machine itself needs --page-auth kubernetes; otherwise choose a loopback address such as 127.0.0.1:8090";
  return undefined;
}
