import { isRecord } from "../kube-object.ts";

/** Thrown for a kubeconfig whose structure is wrong. The message names the field, never its value. */
export class MalformedKubeconfig extends Error {
  override readonly name = "MalformedKubeconfig";
}

const TRUE = /^(?:y|yes|true|on)$/i;

/** Reads the fields of a YAML map in which all scalars are texts, so that a token of digits stays what it is. */
export class Fields {
  readonly #path: string;
  readonly #map: Readonly<Record<string, unknown>>;

  /** @param path where the map is, as in `users[2].user` */
  constructor(path: string, map: unknown) {
    if (!isEmpty(map) && !isRecord(map)) throw new MalformedKubeconfig(`${path || "its content"} is not a map`);
    this.#path = path;
    this.#map = isRecord(map) ? map : {};
  }

  text(name: string): string | undefined {
    const value = this.#map[name];
    if (isEmpty(value)) return undefined;
    if (typeof value !== "string") throw new MalformedKubeconfig(`${this.#at(name)} is not a text`);
    return value;
  }

  flag(name: string): boolean {
    return TRUE.test(this.text(name) ?? "");
  }

  map(name: string): Fields {
    return new Fields(this.#at(name), this.#map[name]);
  }

  /** Returns undefined if the map is absent or empty. */
  optionalMap(name: string): Fields | undefined {
    return isEmpty(this.#map[name]) ? undefined : this.map(name);
  }

  maps(name: string): readonly Fields[] {
    return this.#list(name).map((each, index) => new Fields(`${this.#at(name)}[${index}]`, each));
  }

  texts(name: string): readonly string[] {
    return this.#list(name).map((each, index) => {
      if (typeof each !== "string") throw new MalformedKubeconfig(`${this.#at(name)}[${index}] is not a text`);
      return each;
    });
  }

  get names(): readonly string[] {
    return Object.keys(this.#map);
  }

  /** Reads all fields as texts. */
  get allTexts(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.names.flatMap((name) => [[name, this.text(name)]]).filter(isPairOfTexts));
  }

  #list(name: string): readonly unknown[] {
    const value = this.#map[name];
    if (isEmpty(value)) return [];
    if (!Array.isArray(value)) throw new MalformedKubeconfig(`${this.#at(name)} is not a list`);
    return value;
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function isPairOfTexts(pair: readonly (string | undefined)[]): pair is [string, string] {
  return pair[1] !== undefined;
}

/** A value that is not written, or written as null: scalars are texts here. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "null" || value === "~";
}
