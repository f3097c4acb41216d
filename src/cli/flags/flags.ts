import { type Command, Option } from "commander";
import * as z from "zod";
import { redactText } from "../../telemetry/redact.ts";
import { UsageError } from "../exit-codes.ts";
import { unknownVariables } from "./environment.ts";
import { FlagWords } from "./values.ts";

/**
 * The flags of one command. Its --help, its environment variables, the validation of its values and its table in
 * docs/flags.md are all derived from this schema. The keys are the names of the flags in camelCase.
 */
export type FlagSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

export interface FlagLine extends FlagWords {
  /** The key in the schema. */
  readonly key: string;
  /** For example `--log-level`. */
  readonly flag: string;
  /** For example `DOCKERHOST_LOG_LEVEL`. */
  readonly variable: string;
  /** The default as a user would write it; undefined if there is none. */
  readonly defaultText?: string;
}

/**
 * Attaches to a schema what --help and the docs say about it. Call it last: a schema that is derived from the result
 * loses the texts.
 */
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

/** Adds the flags to a command. The values stay texts until readFlags() parses them. */
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
 * Parses the flags and, where a flag is not given, its variable. Throws a UsageError that names each invalid one and
 * says which values are valid.
 * @param given the values of the command line by key; `true` stands for a switch without a value
 * @param env leave it out for a command that reads no variables
 */
export function readFlags<T extends FlagSchema>(
  schema: T,
  given: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>> = {},
): z.output<T> {
  const lines = flagLines(schema);
  const unknown = unknownVariables(env, new Set(lines.map(({ variable }) => variable)));
  if (unknown.length > 0) {
    const settings = lines.map(({ variable }) => variable).join(", ");
    throw new UsageError(
      `${unknown.join(", ")} in the environment: there is no such setting. The settings are ${settings}`,
    );
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
    // A value can contain what does not belong there, such as a password in a URL.
    return source === undefined ? message : `${redactText(source)}: ${message}`;
  });
  throw new UsageError(problems.join("; "));
}
