import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

// Preloaded with --import. Notes the URL of each module that is loaded, and writes the list when the process ends.
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.once("exit", () => writeFileSync(process.env.LOADED_MODULES ?? "", loaded.join("\n")));
