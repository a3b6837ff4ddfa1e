/** Finding palette entries by what people call them (in either language, by class name, by keyword), and nodes by name. */
import type { CatalogEntry, GraphNode } from "../wire/types";

/** How other parts of the page find the search field. */
export const SEARCH_ID = "palette-search";

export interface Match {
  entry: CatalogEntry;
  /** Higher is better. */
  score: number;
}

const fold = (text: string) => text.normalize("NFKC").toLowerCase();
/** "max pooling", "max_pooling" and "MaxPooling" are one word. */
const squeeze = (text: string) => fold(text).replace(/[\s_\-/]+/g, "");

/** How well one text answers a query: whole, at its start, at the start of a word, inside; 0 for not at all. */
function fit(text: string, query: string): number {
  const folded = fold(text);
  if (folded === query) return 100;
  const at = folded.indexOf(query);
  if (at === 0) return 80;
  if (at > 0) return /[\s_\-/(]/.test(folded.charAt(at - 1)) ? 60 : 40;
  const squeezed = squeeze(query);
  if (squeezed !== "" && squeeze(text).includes(squeezed)) return 30;
  return isSubsequence(squeezed, squeeze(text)) && squeezed.length >= 3 ? 10 : 0;
}

function isSubsequence(letters: string, text: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** Entries that answer a query, best first; in the palette's own order among equals. An empty query answers nothing. */
export function searchEntries(entries: readonly CatalogEntry[], text: string): Match[] {
  const query = fold(text.trim());
  if (query === "") return [];
  return entries
    .map((entry): Match => {
      const label = Math.max(fit(entry.label.en, query), fit(entry.label.zh, query));
      const layer = fit(entry.layer, query) * 0.95;
      const keyword = Math.max(0, ...entry.keywords.map((word) => fit(word, query))) * 0.8;
      const description = fold(entry.description).includes(query) ? 5 : 0;
      return { entry, score: Math.max(label, layer, keyword, description) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/** Letters that only come in this order, with others between, are a guess: too little for what has a name. */
const SURE = 30;

/** The nodes whose name answers a query, best first; in the network's own order among equals. An empty query answers nothing. */
export function searchNodes(nodes: Iterable<GraphNode>, text: string): GraphNode[] {
  const query = fold(text.trim());
  if (query === "") return [];
  return [...nodes]
    .map((node) => ({ node, score: fit(node.name, query) }))
    .filter(({ score }) => score >= SURE)
    .sort((a, b) => b.score - a.score)
    .map(({ node }) => node);
}
