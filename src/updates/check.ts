import { failed, type Outcome } from "../api/failure.ts";
import { DeadlineExceeded } from "../common/deadline.ts";
import { formatDuration } from "../common/duration.ts";
import type { IndexChild } from "../registry/manifest.ts";
import { type ImageReference, taggedName } from "../registry/reference.ts";
import type { RegistryAnswer } from "../registry/resolver.ts";
import { indexImages } from "./candidates.ts";
import type { ContainerFacts, HostFacts, ImageFacts } from "./facts.ts";
import { type CheckReport, report } from "./report.ts";
import { indexesToOpen, type Judgement, judgeAnswer, judgeLocally, type Question } from "./verdict.ts";

/** The registries, as this host's check may ask them. Rejects only with the reason of the signal. */
export interface CheckRegistry {
  resolve(reference: ImageReference, signal: AbortSignal): Promise<Outcome<RegistryAnswer>>;
  listIndex(reference: ImageReference, digest: string, signal: AbortSignal): Promise<Outcome<readonly IndexChild[]>>;
  /** Whether the registry is asked for this image without credentials. */
  isAnonymous(reference: ImageReference): boolean;
}

export interface CheckInput {
  readonly containers: readonly ContainerFacts[];
  readonly images: readonly ImageFacts[];
  readonly host: HostFacts;
  readonly registry: CheckRegistry;
  readonly signal: AbortSignal;
}

/**
 * Judges every container. A registry is asked once for each tag, whatever the number of containers. When the signal
 * fires with DeadlineExceeded, what is still open fails with CheckTimedOut; any other abort rejects with the signal's
 * reason.
 */
export async function checkHost({ containers, images, host, registry, signal }: CheckInput): Promise<CheckReport> {
  const local = indexImages(images, host);
  const answers = new Map<string, Promise<Outcome<RegistryAnswer>>>();

  const resolve = (reference: ImageReference) => {
    const key = taggedName(reference);
    const asked = answers.get(key) ?? inTime(signal, () => registry.resolve(reference, signal));
    answers.set(key, asked);
    return asked;
  };
  const ask = async (question: Question): Promise<Judgement> => {
    const { reference } = question;
    const answer = await resolve(reference);
    const opened = await Promise.all(
      indexesToOpen(question, answer).map((digest) =>
        inTime(signal, () => registry.listIndex(reference, digest, signal)),
      ),
    );
    return judgeAnswer(question, answer, opened, registry.isAnonymous(reference));
  };

  const judged = await Promise.all(
    containers.map(async (container) => {
      const first = judgeLocally(container, local, host);
      return { container, judgement: "question" in first ? await ask(first.question) : first.judgement };
    }),
  );
  return report(judged);
}

async function inTime<T>(signal: AbortSignal, request: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await request();
  } catch (error) {
    if (!signal.aborted || !(signal.reason instanceof DeadlineExceeded)) throw error;
    const limit = formatDuration(signal.reason.ms);
    return failed("CheckTimedOut", `The registry had not answered when the time for the check was over (${limit})`);
  }
}
