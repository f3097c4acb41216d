import { DeadlineExceeded } from "../common/deadline.ts";
import { DialDenied } from "../common/dial-guard.ts";
import { errorCode } from "../common/error-code.ts";

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name cannot be resolved. Check the host in the URL, and the DNS",
  EAI_AGAIN: "its name cannot be resolved now. Check the DNS",
  ECONNREFUSED: "the connection was refused. Check the port, and that the receiver runs",
  ECONNRESET: "the connection was closed without an answer. Check the receiver's log",
  EPIPE: "the connection was closed without an answer. Check the receiver's log",
  EHOSTUNREACH: "there is no route to it. Check the network and its policies",
  ENETUNREACH: "there is no route to it. Check the network and its policies",
  ETIMEDOUT: "it did not answer. Check the network and its policies",
  EPROTO: "it does not speak TLS here. Check the scheme and the port of the URL",
  CERT_HAS_EXPIRED: "its certificate has expired. Renew it",
  CERT_NOT_YET_VALID: "its certificate is not valid yet. Check the clocks",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name. Check the host in the URL",
  HPE_INVALID_CONSTANT: "it does not speak HTTP here. Check the scheme and the port of the URL",
};
const UNTRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/;

/** Why a receiver could not be reached. Node's own messages have its name and address, so only their codes are used. */
export function connectionWords(error: unknown): string {
  return `The receiver cannot be reached: ${causeOf(error)}`;
}

function causeOf(error: unknown): string {
  if (error instanceof DeadlineExceeded)
    return `it did not answer within ${error.ms / 1_000} s. Check that the receiver runs`;
  if (error instanceof DialDenied) return "link-local and metadata addresses are denied. Use another address";
  const code = codeOf(error);
  if (code === undefined) return "the connection failed";
  if (UNTRUSTED.test(code)) return "no trusted CA has signed its certificate. Give its CA with --notify-ca-file";
  return WORDS[code] ?? `the connection failed (${code})`;
}

/** If a name has several addresses, the error contains one error for each of them. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) {
    const [first] = error.errors;
    return errorCode(error) ?? errorCode(first);
  }
  return errorCode(error);
}
