/** What a node is, in words: the name of a block, of an input of one, of a layer. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { BLOCK, BLOCK_INPUT, blockUse } from "../document/blocks";
import { useLocalised } from "../i18n";
import { useCatalogStore } from "../state/catalog";
import type { GraphNode } from "../wire/types";
import { layerLabel } from "./entryOf";

export function useKind(): (node: Pick<GraphNode, "type" | "params">) => string {
  const { t } = useTranslation("blocks");
  const localised = useLocalised();
  const catalog = useCatalogStore((state) => state.catalog);
  return useCallback(
    (node) => {
      if (node.type === BLOCK) return blockUse(node).block || t("block");
      if (node.type === BLOCK_INPUT) return t("input");
      return catalog ? localised(layerLabel(catalog, node)) : node.type;
    },
    [t, localised, catalog],
  );
}
