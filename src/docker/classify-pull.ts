import { advised, type Failure } from "../api/failure.ts";
import { parseReference } from "../registry/reference.ts";
import { classifyDistribution, isRegistrysAnswer } from "./classify-distribution.ts";
import { EngineError } from "./fleet-modem.ts";

/**
 * Explains a failed pull, from the text in its stream or from the answer that came instead of a stream.
 * @param image repository and digest
 */
export function pullFailure(failed: Failure | string, image: string, anonymous: boolean): Failure {
  if (typeof failed === "string") return diagnose(500, Buffer.from(failed), image, anonymous);
  const { cause } = failed;
  if (!(cause instanceof EngineError) || !isRegistrysAnswer(cause.reply)) return failed;
  return diagnose(cause.reply.status, cause.reply.body, image, anonymous, cause);
}

function diagnose(status: number, body: Buffer, image: string, anonymous: boolean, cause?: EngineError): Failure {
  if (/no space left on device|disk quota exceeded/i.test(body.toString("latin1"))) {
    return advised("HostDiskFull", `The daemon could not store ${image}: no space is left on its disk`, cause);
  }
  const reference = parseReference(image);
  const host = reference.ok ? reference.value.domain : image;
  const diagnosis = classifyDistribution({ status, body }, { host, image, anonymous });
  return cause === undefined ? diagnosis : { ...diagnosis, cause };
}
