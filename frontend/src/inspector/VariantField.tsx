/** Switches a layer to a sibling of its family (1D/2D/3D, max/average), keeping the parameters both have. */
import { Select } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useDocument } from "../document";
import type { Catalog, GraphNode } from "../wire/types";
import classes from "./fields.module.css";
import { familyOf, retype } from "./retype";

interface VariantFieldProps {
  node: GraphNode;
  catalog: Catalog;
  disabled: boolean;
}

export function VariantField({ node, catalog, disabled }: VariantFieldProps) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  const id = useId();
  const variants = familyOf(catalog, node.type)?.variants.filter((name) => name in catalog.layers) ?? [];
  if (variants.length < 2) return null;
  const choose = (type: string | null) => {
    const schema = type === null || type === node.type ? undefined : catalog.layers[type];
    if (!schema) return;
    const params = retype(node.params, catalog.layers[node.type], schema);
    document.apply([{ op: "set_type", id: node.id, type: schema.name, params }], "inspector:undo_variant");
  };
  return (
    <div className={classes.field}>
      <label htmlFor={id} className={classes.label}>
        <span className={classes.name}>{t("variant")}</span>
      </label>
      <Select
        id={id}
        size="xs"
        data={variants}
        value={node.type}
        onChange={choose}
        allowDeselect={false}
        searchable={variants.length >= 8}
        comboboxProps={{ shadow: "md" }}
        maxDropdownHeight={280}
        disabled={disabled}
        data-testid="layer-variant"
      />
    </div>
  );
}
