/** As much of a heap snapshot as is read here; see V8's heap-snapshot-generator. */
export interface HeapSnapshot {
  readonly snapshot: { readonly meta: SnapshotMeta };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

interface SnapshotMeta {
  readonly node_fields: readonly string[];
  readonly edge_fields: readonly string[];
}

/** The strings that are keys or values of any Map or Set of the process. */
export function stringsInCollections({ snapshot: { meta }, nodes, edges, strings }: HeapSnapshot): ReadonlySet<string> {
  const [nodeSize, edgeSize] = [meta.node_fields.length, meta.edge_fields.length];
  const nameOf = (node: number) => strings[nodes[node + meta.node_fields.indexOf("name")] ?? 0] ?? "";
  const firstEdges = new Map<number, number>();
  let next = 0;
  for (let node = 0; node < nodes.length; node += nodeSize) {
    firstEdges.set(node, next);
    next += (nodes[node + meta.node_fields.indexOf("edge_count")] ?? 0) * edgeSize;
  }
  function* edgesOf(node: number) {
    const begin = firstEdges.get(node) ?? 0;
    const count = nodes[node + meta.node_fields.indexOf("edge_count")] ?? 0;
    for (let edge = begin; edge < begin + count * edgeSize; edge += edgeSize) {
      const label = strings[edges[edge + meta.edge_fields.indexOf("name_or_index")] ?? 0];
      yield { label, to: edges[edge + meta.edge_fields.indexOf("to_node")] ?? 0 };
    }
  }
  // A string that was made from two keeps both as its parts.
  const textOf = (node: number): string => {
    const name = nameOf(node);
    if (name !== "(concatenated string)") return name;
    const part = (wanted: string) => [...edgesOf(node)].find(({ label }) => label === wanted);
    return ["first", "second"].map((wanted) => textOf(part(wanted)?.to ?? -1)).join("");
  };
  const found = new Set<string>();
  for (let node = 0; node < nodes.length; node += nodeSize) {
    if (!["Map", "Set"].includes(nameOf(node))) continue;
    for (const { label, to } of edgesOf(node)) {
      if (label === "table") for (const entry of edgesOf(to)) found.add(textOf(entry.to));
    }
  }
  return found;
}
