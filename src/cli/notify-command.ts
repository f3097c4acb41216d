import { toTimestamp } from "../common/clock.ts";
import { silentLogger } from "../common/logger.ts";
import { testMessage } from "../notify/build-message.ts";
import type { CliContext } from "./context.ts";
import { EXIT, UsageError } from "./exit-codes.ts";
import { openReceiver, type ReceiverFlags } from "./notifications.ts";

/** Sends one test message, and says what the receiver answered. */
export async function testNotification(
  flags: ReceiverFlags,
  { clock, random, signal, stdout, stderr }: CliContext,
): Promise<number> {
  const logger = { ...silentLogger, warn: (text: string) => void stderr.write(`warning: ${text}\n`) };
  const receiver = await openReceiver(flags, { clock, signal, logger });
  if (receiver === undefined) throw new UsageError("--notify is missing: give the file with the URL of the webhook");
  const message = testMessage(receiver.from, toTimestamp(clock.now()), String(random()));
  const attempt = await receiver.deliver(message, signal);
  if (attempt.kind === "delivered") {
    stdout.write(`The receiver has taken the test message (HTTP ${attempt.status}, id ${message.id}).\n`);
    return EXIT.ok;
  }
  stderr.write(`The test message was not delivered. ${attempt.why}.\n`);
  return EXIT.notReady;
}
