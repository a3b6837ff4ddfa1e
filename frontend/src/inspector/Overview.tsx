/** Nothing is selected: the network as a whole. */
import { useTranslation } from "react-i18next";
import { inputsOf, outputsOf, useGraph } from "../document";
import { useFormat } from "../i18n/format";
import { lacksWeights, useAnalysis, useTotals } from "../state/analysis";
import type { GraphNode } from "../wire/types";
import { CarriedWeights } from "./CarriedWeights";
import { type Fact, Facts } from "./Facts";
import classes from "./inspector.module.css";
import { NodeRow } from "./NodeRow";
import { Section } from "./Section";

const LARGEST = 5;
/** Longer lists of inputs or outputs are no overview. */
const ENDS = 6;

export function Overview() {
  const { t } = useTranslation("inspector");
  const format = useFormat();
  const graph = useGraph();
  const totals = useTotals();
  const analyses = useAnalysis((state) => state.nodes);
  const nodes = [...graph.nodes.values()];

  if (nodes.length === 0) {
    return (
      <div className={classes.empty} data-testid="inspector">
        <h2 className={classes.headerTitle}>{t("overviewEmpty")}</h2>
        <p className={classes.quiet}>{t("overviewEmptyHint")}</p>
      </div>
    );
  }
  const unknown = totals?.weights === 0 && [...analyses.values()].some(lacksWeights);
  const count = (value: number) => (unknown ? "–" : format.count(value));
  const facts: Fact[] = totals
    ? [
        { name: t("weights"), value: count(totals.weights) },
        { name: t("trainable"), value: count(totals.trainable), part: true },
        { name: t("nonTrainable"), value: count(totals.non_trainable), part: true },
        {
          name: t("macs"),
          value: totals.macs === null ? "–" : format.count(totals.macs),
          help: t("macsHelp"),
        },
        {
          name: t("activation"),
          value: totals.activation_bytes === null ? "–" : format.bytes(totals.activation_bytes),
          help: t("activationHelp"),
        },
      ]
    : [];
  const shapeOf = (id: string) => {
    const [tensor] = analyses.get(id)?.outputs ?? [];
    return tensor ? format.shape(tensor.shape) : "?";
  };
  const inputs = nodes.filter(({ id }) => inputsOf(graph, id).length === 0).slice(0, ENDS);
  const outputs = nodes.filter(({ id }) => outputsOf(graph, id).length === 0).slice(0, ENDS);
  const weightsOf = (node: GraphNode) => analyses.get(node.id)?.weights ?? 0;
  const largest = nodes
    .filter((node) => weightsOf(node) > 0)
    .sort((a, b) => weightsOf(b) - weightsOf(a))
    .slice(0, LARGEST);
  const most = largest[0] ? weightsOf(largest[0]) : 1;

  return (
    <div data-testid="inspector" className={classes.panel}>
      <header className={classes.header}>
        <h2 className={classes.headerTitle}>{graph.name || t("overview")}</h2>
        <p className={classes.quiet}>{t("layers", { count: nodes.length })}</p>
      </header>
      <Section>
        <Facts facts={facts} />
      </Section>
      <CarriedWeights />
      <Section title={t("inputs")}>
        {inputs.map((node) => (
          <NodeRow key={node.id} node={node} value={shapeOf(node.id)} />
        ))}
      </Section>
      <Section title={t("outputs")}>
        {outputs.map((node) => (
          <NodeRow key={node.id} node={node} value={shapeOf(node.id)} />
        ))}
      </Section>
      <Section title={t("largest")}>
        {largest.length === 0 ? <p className={classes.quiet}>{t("largestNone")}</p> : null}
        {largest.map((node) => (
          <NodeRow
            key={node.id}
            node={node}
            value={format.count(weightsOf(node))}
            share={weightsOf(node) / most}
          />
        ))}
      </Section>
      <p className={classes.quietFoot}>{t("selectHint")}</p>
    </div>
  );
}
