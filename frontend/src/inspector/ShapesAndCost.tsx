/** What the server derived for a layer: shapes in and out, weights, operations, memory. */
import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormat } from "../i18n/format";
import { lacksWeights, useNodeAnalysis, useTotals } from "../state/analysis";
import type { Tensor } from "../wire/types";
import { type Fact, Facts } from "./Facts";
import { Section } from "./Section";

const DASH = "–";

export function ShapesAndCost({ id }: { id: string }) {
  const { t, i18n } = useTranslation("inspector");
  const format = useFormat();
  const analysis = useNodeAnalysis(id);
  const totals = useTotals();
  if (!analysis) return null;
  const { inputs, outputs, weights, trainable, non_trainable, macs, activation_bytes } = analysis;

  const tensors = (side: "input" | "output", list: Tensor[] | null): Fact[] => {
    if (list === null) return [{ name: t(side), value: <Unknown />, testId: `${side}-shape` }];
    return list.map((tensor, index) => ({
      name: list.length === 1 ? t(side) : t(`${side}Numbered`, { number: index + 1 }),
      value: <TensorText tensor={tensor} />,
      testId: list.length === 1 ? `${side}-shape` : `${side}-shape-${index}`,
    }));
  };
  const share = totals && totals.weights > 0 && weights > 0 ? weights / totals.weights : null;
  const percent = new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 1 });
  const facts: Fact[] = [
    ...(inputs === null || inputs.length > 0 ? tensors("input", inputs) : []),
    ...tensors("output", outputs),
    {
      name: t("weights"),
      value: lacksWeights(analysis) ? DASH : format.count(weights),
      help: share === null ? undefined : t("shareOfNetwork", { percent: percent.format(share) }),
      testId: "layer-weights",
    },
  ];
  if (non_trainable > 0)
    facts.push(
      { name: t("trainable"), value: format.count(trainable), part: true },
      { name: t("nonTrainable"), value: format.count(non_trainable), part: true },
    );
  facts.push(
    { name: t("macs"), value: macs === null ? DASH : format.count(macs), help: t("macsHelp") },
    {
      name: t("activation"),
      value: activation_bytes === null ? DASH : format.bytes(activation_bytes),
      help: t("activationHelp"),
    },
  );
  return (
    <Section title={t("shapes")} testId="shapes">
      <Facts facts={facts} />
    </Section>
  );
}

function TensorText({ tensor }: { tensor: Tensor }) {
  const format = useFormat();
  return (
    <Tooltip
      label={`(${tensor.shape.map((axis) => axis ?? "?").join(", ")}) ${tensor.dtype}`}
      openDelay={350}
    >
      <span>{format.shape(tensor.shape)}</span>
    </Tooltip>
  );
}

function Unknown() {
  const { t } = useTranslation("inspector");
  return (
    <Tooltip label={t("unknownShape")} multiline maw={220}>
      <span>?</span>
    </Tooltip>
  );
}
