/** A layer on the canvas: name, what it is, what comes out of it, what it costs, and whether something is wrong. */
import { Handle, type NodeProps, Position as Side } from "@xyflow/react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { shownValue } from "../blocks/value";
import { BLOCK, BLOCK_INPUT, blockNamed, blockUse, useGraphPart, useNode } from "../document";
import { useKind } from "../palette/useKind";
import { problemText, showProblem, wayText } from "../problems";
import { ShortName } from "../shell/ShortName";
import { useNodeAnalysis, useNodeProblems } from "../state/analysis";
import { useCanvas } from "../state/canvas";
import { useCatalogStore } from "../state/catalog";
import { useView } from "../state/view";
import { categoryColor } from "../theme/category";
import type { Diagnostic, GraphNode } from "../wire/types";
import type { LayerFlowNode } from "./derive";
import { countText, hasRoom, paramsText, shapeText, valuesText } from "./describe";
import classes from "./LayerNode.module.css";
import { NameField } from "./NameField";
import { inputId, inputOffset, outputId, outputOffset, type Ports } from "./ports";
import { useOthersAt } from "./presence";

export const LayerNode = memo(function LayerNode({ id, data, selected }: NodeProps<LayerFlowNode>) {
  const node = useNode(id);
  return node ? <Card node={node} ports={data.ports} selected={selected} /> : null;
});

interface CardProps {
  node: GraphNode;
  ports: Ports;
  selected: boolean;
}

function Card({ node, ports, selected }: CardProps) {
  const { t } = useTranslation("canvas");
  const catalog = useCatalogStore((state) => state.catalog);
  const analysis = useNodeAnalysis(node.id);
  const problems = useNodeProblems(node.id);
  const renaming = useView((view) => view.renaming === node.id);
  const other = useOthersAt(node.id);
  const detail = useCanvas((state) => state.detail);
  const schema = catalog?.layers[node.type];
  const worst = problems.find(({ severity }) => severity === "error") ?? problems[0];
  const output = analysis?.outputs?.[0];
  const block = node.type === BLOCK ? blockUse(node) : null;
  const definition = useGraphPart((graph) => (block ? blockNamed(graph.blocks, block.block) : null));
  const isPort = node.type === BLOCK_INPUT;
  const opaque = catalog !== null && !schema && !block && !isPort;
  const kind = useKind()(node);
  const details = block
    ? valuesText(definition?.params ?? {}, block.values)
    : paramsText(schema, node.params);
  const repeat = block ? shownValue(block.repeat) : "1";
  const weights = analysis && analysis.weights > 0 ? countText(analysis.weights) : "";

  return (
    <div
      className={classes.card}
      data-testid={`node-${node.name}`}
      data-type={node.type}
      data-selected={selected || undefined}
      data-severity={worst?.severity}
      data-phase={node.phase === "both" ? undefined : node.phase}
      style={{
        "--category": categoryColor(schema?.category ?? ""),
        ...(other && { "--other": other.color }),
      }}
      data-other={other ? true : undefined}
      data-block={block ? true : undefined}
      data-opaque={opaque || undefined}
    >
      <Ends ports={ports} />
      {detail === "near" ? (
        <>
          <div className={classes.row}>
            {renaming ? <NameField node={node} /> : <ShortName className={classes.name} name={node.name} />}
            {output && <span className={classes.shape}>{shapeText(output.shape)}</span>}
            {!output && analysis && !worst && <span className={classes.unknown}>{t("shape.unknown")}</span>}
          </div>
          <div className={classes.row}>
            <span className={classes.kind}>
              {hasRoom(kind, details, weights) && <span className={classes.kindName}>{kind}</span>}
              {details && <span className={classes.details}>{details}</span>}
            </span>
            {weights && (
              <span className={classes.weights} title={t("weights", { count: analysis?.weights ?? 0 })}>
                {weights}
              </span>
            )}
          </div>
        </>
      ) : (
        detail === "far" && <ShortName className={classes.name} name={node.name} />
      )}
      {repeat !== "1" && (
        <span className={classes.repeat} data-testid={`repeat-${node.name}`}>
          × {repeat}
        </span>
      )}
      {worst && <Badge worst={worst} count={problems.length} />}
      {node.phase !== "both" && <span className={classes.phase}>{t(`phase.${node.phase}`)}</span>}
      {node.note && <span className={classes.note} role="img" aria-label={t("note")} title={node.note} />}
      {other && <span className={classes.other}>{other.name}</span>}
    </div>
  );
}

/** Leads to the layer at fault, which may be within the block. */
function Badge({ worst, count }: { worst: Diagnostic; count: number }) {
  const { t, i18n } = useTranslation("canvas");
  const way = wayText(t, worst);
  const { message } = problemText(worst, i18n.language);
  return (
    <button
      type="button"
      className={`${classes.badge} nodrag`}
      aria-label={t(`badge.${worst.severity}`, { count })}
      title={way === "" ? message : `${way}: ${message}`}
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation();
        showProblem(worst, useView.getState().inside);
      }}
      data-testid="badge"
    >
      {count > 1 ? count : "!"}
    </button>
  );
}

const Ends = memo(function Ends({ ports }: { ports: Ports }) {
  return (
    <>
      {ports.inputs.map((_, port) => (
        <Handle
          key={inputId(port)}
          id={inputId(port)}
          type="target"
          position={Side.Top}
          className={classes.port}
          style={{ left: inputOffset(ports, port) }}
        >
          {ports.inputs.length > 1 && <span className={classes.number}>{port + 1}</span>}
        </Handle>
      ))}
      {ports.outputs.map((_, port) => (
        <Handle
          key={outputId(port)}
          id={outputId(port)}
          type="source"
          position={Side.Bottom}
          className={classes.port}
          style={{ left: outputOffset(ports, port) }}
        />
      ))}
    </>
  );
});
