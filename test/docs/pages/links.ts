/** Where a page's links to other files of the project, and to its own sections, lead. */
export interface Link {
  /** Relative to the page; empty for the page itself. */
  readonly path: string;
  readonly section?: string;
}

export function linksOf(markdown: string): Link[] {
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^\w+:/.test(target)) return [];
    const [path = "", section] = target.split("#");
    return [section === undefined ? { path } : { path, section }];
  });
}

/** The words that a page's tables of reasons explain. */
export function reasonsNamedBy(markdown: string): string[] {
  const tables = markdown.split(/\n{2,}/).filter((block) => /^\| reason \|/.test(block));
  return tables.flatMap((table) =>
    table
      .split("\n")
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, word = ""]) => word)),
  );
}
