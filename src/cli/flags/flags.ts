import { type Command, Option } from "commander";
import { z } from "zod";
import { UsageError } from "../exit-codes.ts";
import { unknownVariables } from "./environment.ts";
import { FlagWords } from "./values.ts";

/**
 * The flags of one command, from which its --help, its environment variables, the check of what was given and the table
 * in docs/flags.md are made. The keys are the flags' names in camelCase.
 */
export type FlagSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

export interface FlagLine extends FlagWords {
  /** The name in the schema. */
  readonly key: string;
  /** As in `--log-level`. */
  readonly flag: string;
  /** As in `DOCKERHOST_LOG_LEVEL`. */
  readonly variable: string;
  /** As one would give it; undefined where there is none. */
  readonly defaultText?: string;
}

/** Says of a schema what people are told of it. Must come last: it is lost in what is made from its result. */
export function flag<T extends z.ZodType>(schema: T, words: FlagWords): T {
  return schema.meta({ ...words });
}

export function flagLines(schema: FlagSchema): FlagLine[] {
  return Object.entries(schema.shape).map(([key, each]) => {
    const kebab = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
      ...FlagWords.parse(each.meta()),
      key,
      flag: `--${kebab}`,
      variable: `DOCKERHOST_${kebab.toUpperCase().replaceAll("-", "_")}`,
      ...(each instanceof z.ZodPrefault ? { defaultText: String(each.def.defaultValue) } : {}),
    };
  });
}

/** The values stay texts: readFlags() makes of them what they mean. */
export function addFlags(command: Command, schema: FlagSchema): Command {
  for (const line of flagLines(schema)) {
    const { flag, short, placeholder, isSwitch, isList, description, defaultText, defaultWords } = line;
    const names = short === undefined ? flag : `${short}, ${flag}`;
    const shown = defaultText ?? defaultWords;
    const option = new Option(
      `${names} ${isSwitch === true ? "[boolean]" : placeholder}`,
      shown === undefined ? description : `${description} (default ${shown})`,
    );
    if (isList === true) {
      option.argParser((text: string, before: string | undefined) =>
        before === undefined ? text : `${before},${text}`,
      );
    }
    command.addOption(option);
  }
  return command;
}

/**
 * What the flags and, where a flag is not given, the variables say. Throws a UsageError that names each one that cannot be
 * taken and says what can.
 * @param given of the command line, by key; `true` for a switch without a value
 * @param env none for a command that heeds no variables
 */
export function readFlags<T extends FlagSchema>(
  schema: T,
  given: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = {},
): z.output<T> {
  const lines = flagLines(schema);
  const unknown = unknownVariables(env, new Set(lines.map(({ variable }) => variable)));
  if (unknown.length > 0) {
    const known = lines.map(({ variable }) => variable).join(", ");
    throw new UsageError(`${unknown.join(", ")} in the environment: there is no such setting. There are ${known}`);
  }
  const texts: Record<string, string> = {};
  const sources: Record<string, string> = {};
  for (const { key, flag, variable } of lines) {
    const [onLine, inEnvironment] = [given[key], env[variable]];
    if (onLine !== undefined) {
      texts[key] = String(onLine);
      sources[key] = `${flag} ${onLine}`;
    } else if (inEnvironment !== undefined && inEnvironment !== "") {
      texts[key] = inEnvironment;
      sources[key] = `${variable}=${inEnvironment}`;
    }
  }
  const read = schema.safeParse(texts);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path: [key], message }) => {
    const source = key === undefined ? undefined : sources[String(key)];
    return source === undefined ? message : `${source}: ${message}`;
  });
  throw new UsageError(problems.join("; "));
}
