/** What the palette has besides the catalogue: the blocks of the network, and within a block another input for it. */
import i18next from "i18next";
import { BLOCK, BLOCK_INPUT, type NetworkDocument } from "../document";
import { usesOneOf } from "../editing/blocks";
import type { Insertable } from "../editing/insert";
import type { Params } from "../wire/types";
import type { PaletteSection } from "./sections";

/** More blocks than these (files have hundreds) would push the layers out of sight. */
const OPEN_AT_FIRST = 6;

export function blockEntries(document: NetworkDocument): Insertable[] {
  const { blocks } = document.graph;
  const open = document.openBlocks;
  const input = open.length > 0 ? [entryOf(BLOCK_INPUT, "block-input", i18next.t("blocks:input"), {})] : [];
  const others = Object.keys(blocks).flatMap((block) => {
    const params: Params = { block, values: {}, repeat: 1 };
    return usesOneOf(blocks, [{ type: BLOCK, params }], open)
      ? []
      : [entryOf(BLOCK, `block-${block}`, block, params)];
  });
  return [...input, ...others];
}

/** As a category of its own; null where there is nothing in it. */
export function blockSection(entries: Insertable[]): PaletteSection | null {
  if (entries.length === 0) return null;
  const label = i18next.t("blocks:blocks");
  const open = entries.length <= OPEN_AT_FIRST;
  return { id: "blocks", label: { en: label, zh: label }, entries, more: [], open };
}

function entryOf(layer: string, id: string, label: string, params: Params): Insertable {
  return {
    id,
    category: "",
    label: { en: label, zh: label },
    layer,
    params,
    keywords: ["block"],
    family: null,
    description: i18next.t(layer === BLOCK ? "blocks:useHelp" : "blocks:inputHelp"),
    called: layer === BLOCK ? label : "input",
  };
}
