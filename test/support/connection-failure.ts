import type { LookupFunction } from "node:net";
import { expect } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import { type Reason, reasonEntry } from "../../src/api/reasons.ts";
import { systemClock } from "../../src/common/clock.ts";
import { type DialGuard, openGuard } from "../../src/common/dial-guard.ts";
import { classifyError } from "../../src/docker/classify-error.ts";
import { type Endpoint, formatEndpoint } from "../../src/docker/endpoint.ts";
import { createEngineAgent } from "../../src/docker/engine-agent.ts";
import { exchange, replyBudget } from "../../src/docker/exchange.ts";
import { offerOf, type TlsSettings } from "../../src/docker/tls-options.ts";

/** Every name is this machine; addresses are not looked up. */
export const loopbackLookup: LookupFunction = (_hostname, options, callback) => {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/** One real request that fails, and what the classifier says about it. */
export async function failureAt(
  endpoint: Endpoint,
  tls?: TlsSettings,
  guard: DialGuard = openGuard(loopbackLookup),
): Promise<Failure> {
  const agent = createEngineAgent(endpoint, tls, guard);
  try {
    const signal = new AbortController().signal;
    const { status } = await exchange({
      endpoint,
      agent: agent.agent,
      path: "/_ping",
      budget: replyBudget(systemClock),
      signal,
    });
    throw new Error(`no failure, but ${status}`);
  } catch (error) {
    return classifyError(error, {
      endpoint: formatEndpoint(endpoint),
      phase: agent.phase(),
      ...offerOf({ endpoint, tls }),
      server: agent.refused(),
    });
  } finally {
    agent.agent.destroy();
  }
}

/** Every message says where, what, and the next step, which is the one in the table unless there is better advice. */
export function expectFailure(
  failure: Failure,
  reason: Reason,
  words: string,
  next: string = reasonEntry(reason).fix,
): void {
  expect({ reason: failure.reason, message: failure.message }).toEqual({
    reason,
    message: expect.stringContaining(words),
  });
  expect(failure.message).toMatch(/^(Connecting|The request) to (https|tcp|unix):\/\/.+ failed: .+[^.]\. [A-Z]/);
  expect(failure.message.endsWith(` ${next}`)).toBe(true);
  expect(failure.message).not.toMatch(/[\n\r]|error:[0-9A-F]{8}/);
}
