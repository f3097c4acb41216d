import { ByteCollector } from "../common/byte-collector.ts";
import { isKubeObject, isRecord, type KubeObject } from "./kube-object.ts";

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [COMMA, QUOTE, BACKSLASH, SPACE] = [0x2c, 0x22, 0x5c, 0x20];

/** An object can have 1.5 MiB in etcd; its JSON is larger, but not by an order of magnitude. */
const LONGEST_ITEM_BYTES = 16 * 1024 * 1024;
/** What a list has in addition to its items: its kind and its metadata. */
const LONGEST_FRAME_BYTES = 64 * 1024;

/**
 * Reads the JSON of a list while it arrives, and passes each item on as soon as it is complete. So the list of a large
 * collection never blocks the process for longer than one item takes, and is never in memory as a whole.
 */
export class ListStream {
  readonly #take: (item: KubeObject) => void;
  /** The text without the items. */
  readonly #frame = new ByteCollector(LONGEST_FRAME_BYTES);
  /** The beginning of an item that continues in the next piece. */
  #item: ByteCollector | undefined;
  #isAmongItems = false;
  #depth = 0;
  #isQuoted = false;
  #isEscaped = false;

  constructor(take: (item: KubeObject) => void) {
    this.#take = take;
  }

  /** Returns false if the text cannot be a list. The rest of it must not be added then. */
  add(piece: Buffer): boolean {
    /** Where the part begins that has not been stored or passed on yet. */
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      if (this.#isQuoted) {
        at = this.#skipText(piece, at);
        continue;
      }
      const byte = piece[at] ?? 0;
      const isBetweenItems = this.#isBetweenItems;
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#depth++;
        if (isBetweenItems) start = at;
        else if (byte === OPEN_LIST && this.#depth === 2 && this.#isListOfItems(piece.subarray(start, at))) {
          if (!this.#keep(piece.subarray(start, at + 1))) return false;
          this.#isAmongItems = true;
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth--;
        if (this.#isBetweenItems && !this.#complete(piece.subarray(start, at + 1))) return false;
        if (isBetweenItems) {
          this.#isAmongItems = false;
          start = at;
        }
      } else if (isBetweenItems && byte !== COMMA && byte > SPACE) return false;
      else if (byte === QUOTE) this.#isQuoted = true;
    }
    return this.#isBetweenItems || this.#keep(piece.subarray(start));
  }

  /** Returns where a quoted text ends in this piece, or the end of the piece. Nearly all of a list is quoted. */
  #skipText(piece: Buffer, from: number): number {
    let isEscaped = this.#isEscaped;
    let at = from;
    for (; at < piece.length; at++) {
      const byte = piece[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        this.#isQuoted = false;
        break;
      }
    }
    this.#isEscaped = isEscaped;
    return at;
  }

  /** What the list has in addition to its items; undefined if the text was not a complete list. */
  end(): Readonly<Record<string, unknown>> | undefined {
    try {
      const list: unknown = JSON.parse(this.#frame.concat().toString("utf8"));
      // The items of an empty list of metadata are null.
      return isRecord(list) && (Array.isArray(list.items) || list.items === null) ? list : undefined;
    } catch {
      // The parser's message would quote the text.
      return undefined;
    }
  }

  get #isBetweenItems(): boolean {
    return this.#isAmongItems && this.#depth === 2;
  }

  /** Whether a list at the top level is that of the items. */
  #isListOfItems(before: Buffer): boolean {
    return /"items"\s*:\s*$/.test(Buffer.concat([this.#frame.concat(), before]).toString("latin1"));
  }

  #complete(rest: Buffer): boolean {
    if (this.#item !== undefined && !this.#item.add(rest)) return false;
    const item = parse(this.#item?.concat() ?? rest);
    this.#item = undefined;
    if (!isKubeObject(item)) return false;
    this.#take(item);
    return true;
  }

  #keep(piece: Buffer): boolean {
    // What is kept of the frame is a copy, since the piece may be a small part of a large block.
    if (!this.#isAmongItems) return this.#frame.add(Buffer.from(piece));
    this.#item ??= new ByteCollector(LONGEST_ITEM_BYTES);
    return this.#item.add(piece);
  }
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch {
    return undefined;
  }
}
