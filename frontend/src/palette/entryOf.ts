/** The palette entry that a layer on the canvas came from, or could have come from. */

import { extraTexts } from "../i18n/extra";
import { sameValue } from "../inspector/values";
import type { Catalog, CatalogEntry, GraphNode, Localised } from "../wire/types";

type Typed = Pick<GraphNode, "type" | "params">;

/** The entry of the same layer whose presets match best; none where the layer is only a variant of its family. */
export function entryOf(catalog: Catalog, node: Typed): CatalogEntry | null {
  let best: CatalogEntry | null = null;
  for (const entry of catalog.entries) {
    if (entry.layer !== node.type) continue;
    const presets = Object.entries(entry.params);
    if (!presets.every(([name, value]) => sameValue(node.params[name], value))) {
      best ??= presets.length === 0 ? entry : null;
      continue;
    }
    if (!best || presets.length > Object.keys(best.params).length) best = entry;
  }
  return best;
}

/** What people call a layer: its palette entry's label, else its family's, else its class name. */
export function layerLabel(catalog: Catalog, node: Typed): Localised {
  const entry = entryOf(catalog, node);
  if (entry) return entry.label;
  const family = Object.values(catalog.families).find(({ variants }) => variants.includes(node.type));
  return family?.label ?? { en: node.type, zh: node.type };
}

/** What a layer does, in one sentence; in the server's English where it has no translation. */
export function layerSummary(layer: string, summary: string, language: string): string {
  return extraTexts<{ [layer: string]: string }>("palette", language)?.[layer] ?? summary;
}
