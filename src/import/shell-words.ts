import { failure, type Result, success } from "../common/result.ts";

/** Quotes a text so that a POSIX shell reads it as one word. */
export function shellQuote(word: string): string {
  return /^[-+,./:=@%_a-zA-Z0-9]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Splits a command into words like Compose and POSIX shells do, with quotes and backslashes but without expansions. */
export function shellWords(text: string): Result<readonly string[], string> {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word += character;
    } else if (character === "\\") {
      at += 1;
      const escaped = text.charAt(at);
      // A backslash at the end of a line joins it with the next one.
      if (escaped !== "\n")
        word = (word ?? "") + (quote === undefined || /["\\$`]/.test(escaped) ? escaped : `\\${escaped}`);
    } else if (quote === '"') {
      if (character === '"') quote = undefined;
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== undefined) return failure(`a quote ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return success(words);
}
