import type { CST } from "yaml";

/** What `kubectl get -o yaml` prints for several objects, in parts that can be read one by one. */
interface ListParts {
  /** The document with no items. */
  readonly head: CST.Document;
  readonly items: readonly CST.Document[];
}

/** Undefined for a document that is not a List, or whose parts cannot be distinguished. */
export function listItems(document: CST.Document): ListParts | undefined {
  const { value } = document;
  if (value?.type !== "block-map") return undefined;
  const entry = value.items.find(({ key }) => key?.type === "scalar" && key.source === "items");
  const list = entry?.value;
  if (entry === undefined || list?.type !== "block-seq" || list.items.length < 2) return undefined;
  const items: CST.Document[] = [];
  for (const { start, value: item } of list.items) {
    // An anchor or a tag would be lost.
    if (start.some(({ type }) => type === "anchor" || type === "tag")) return undefined;
    if (item === undefined) continue;
    items.push({ type: "document", offset: list.offset, start: [], value: item });
  }
  const { start, key = null, sep = [] } = entry;
  const others = value.items.map((each) =>
    each === entry ? { start, key, sep, value: { ...list, items: [] } } : each,
  );
  return { head: { ...document, value: { ...value, items: others } }, items };
}
