import * as z from "zod";
import { policyFlags } from "../connection-policy.ts";
import { parseAddress } from "../listen-address.ts";
import { daemonFlags } from "./daemon-flags.ts";
import { flag } from "./flags.ts";
import { notifyFlags } from "./notify-flags.ts";
import { boolean, textSchema, words } from "./values.ts";

/** The flags of `dockerhost run`, except --filename. */
export const runFlags = z.object({
  state: flag(words.optional(), {
    placeholder: "<folder>",
    description: "folder that keeps each host's status across restarts",
  }),
  page: flag(boolean.prefault("false"), {
    isSwitch: true,
    description: "serve a page that shows the fleet in a browser",
  }),
  pageBindAddress: flag(textSchema(parseAddress).prefault("127.0.0.1:8090"), {
    placeholder: "<address>",
    description: "loopback address that serves the page: HOST:PORT; port 0 lets the system choose one",
  }),
  ...notifyFlags(),
  ...daemonFlags({ metricsAddr: "0" }),
  ...policyFlags("run"),
});

export type RunFlags = z.output<typeof runFlags>;
