/** A node in a list: its name and what there is to say of it; a click selects it and brings it into view. */
import { UnstyledButton } from "@mantine/core";
import { ShortName } from "../shell/ShortName";
import { useCanvas } from "../state/canvas";
import { useCatalog } from "../state/catalog";
import { useView } from "../state/view";
import { categoryColor } from "../theme/category";
import type { GraphNode } from "../wire/types";
import classes from "./inspector.module.css";

interface NodeRowProps {
  node: GraphNode;
  value: string;
  /** Length of the bar behind the row, 0 to 1. */
  share?: number;
}

export function NodeRow({ node, value, share }: NodeRowProps) {
  const select = useView((view) => view.select);
  const catalog = useCatalog();
  return (
    <UnstyledButton
      className={classes.nodeRow}
      onClick={() => {
        select([node.id]);
        useCanvas.getState().controls?.reveal([node.id]);
      }}
    >
      <span
        className={classes.dot}
        style={{ background: categoryColor(catalog?.layers[node.type]?.category ?? "") }}
      />
      <ShortName className={classes.nodeName} name={node.name} />
      <span className={classes.nodeValue}>{value}</span>
      {share === undefined ? null : (
        <span className={classes.shareTrack} aria-hidden>
          <span className={classes.shareBar} style={{ width: `${share * 100}%` }} />
        </span>
      )}
    </UnstyledButton>
  );
}
