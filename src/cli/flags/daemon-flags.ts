import { LOG_ENCODINGS, LOG_LEVELS } from "../../telemetry/winston-logger.ts";
import { parseAddressOrNone } from "../listen-address.ts";
import { flag } from "./flags.ts";
import { choice, textSchema } from "./values.ts";

/** The flags of the commands that run until they are stopped, for their FlagSchema. */
export function daemonFlags(defaults: { readonly metricsAddr: string }) {
  return {
    metricsAddr: flag(textSchema(parseAddressOrNone).prefault(defaults.metricsAddr), {
      placeholder: "<address>",
      description: "address that serves /metrics: [HOST]:PORT, or 0 to disable it",
    }),
    logLevel: flag(choice(LOG_LEVELS).prefault("info"), {
      placeholder: "<level>",
      description: `lowest level that is logged to standard error: ${LOG_LEVELS.join(", ")}`,
    }),
    logEncoding: flag(choice(LOG_ENCODINGS).optional(), {
      placeholder: "<encoding>",
      description: `format of the log: ${LOG_ENCODINGS.join(", ")}`,
      defaultWords: "console on a terminal, otherwise json",
    }),
  };
}
