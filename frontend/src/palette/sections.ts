/** The palette's order for somebody who is new: the common layers in sight, the rest one press away. */
import type { Catalog, CatalogCategory, CatalogEntry } from "../wire/types";

/** Not in the manual's nine categories; those who need them know their names. */
const CLOSED_AT_FIRST: ReadonlySet<string> = new Set(["wrapper", "attention", "preprocessing"]);

export interface PaletteSection extends CatalogCategory {
  entries: CatalogEntry[];
  /** Layers that only Caffe has, shown on demand. */
  more: CatalogEntry[];
  /** Before the user says otherwise. */
  open: boolean;
}

/** Layers that Keras has not: their description is Caffe's. */
const isOfCaffe = (catalog: Catalog, { layer }: CatalogEntry) =>
  /\bcaffe\b/i.test(catalog.layers[layer]?.source ?? "");

/** Categories with their entries, empty ones left out. */
export function sectionsOf(catalog: Catalog): PaletteSection[] {
  return catalog.categories.flatMap((category) => {
    const all = catalog.entries.filter((entry) => entry.category === category.id);
    if (all.length === 0) return [];
    const common = all.filter((entry) => !isOfCaffe(catalog, entry));
    // Where Caffe has everything, hiding it once is enough.
    const whole = common.length === 0;
    return {
      ...category,
      entries: whole ? all : common,
      more: whole ? [] : all.filter((entry) => !common.includes(entry)),
      open: !whole && !CLOSED_AT_FIRST.has(category.id),
    };
  });
}
