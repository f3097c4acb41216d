import { failure, type Result, success } from "../../common/result.ts";
import { isRecord } from "../kube-object.ts";

/** What an exec plugin gives. */
export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Wall-clock milliseconds; absent if the credential is used until the API server refuses it. */
  readonly expiresAt?: number;
}

/** Reads a plugin's answer, with the rules of kubectl. A failure is a phrase that quotes nothing of the answer. */
export function parseExecCredential(text: string, apiVersion: string): Result<ExecCredential, string> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return failure("printed something that is not JSON");
  }
  if (!isRecord(answer) || answer.kind !== "ExecCredential") return failure("did not print an ExecCredential");
  if (answer.apiVersion !== apiVersion)
    return failure(`did not answer with the apiVersion ${apiVersion} of the kubeconfig`);
  if (!isRecord(answer.status)) return failure("printed an ExecCredential without a status");
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status;
  if (isText(cert) !== isText(key)) return failure("gave only one of a client certificate and its key");
  if (!isText(token) && !isText(cert)) return failure("gave neither a token nor a client certificate");
  const expiresAt = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : undefined;
  if (Number.isNaN(expiresAt)) return failure("gave an expirationTimestamp that is not a time");
  return success({
    ...(isText(token) && { token }),
    ...(isText(cert) && isText(key) && { cert, key }),
    ...(expiresAt !== undefined && { expiresAt }),
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
