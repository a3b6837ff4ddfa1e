/** A network of the zoo as a card: drawing, name, what it is for, what it costs. */
import { Skeleton, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLocalised } from "../i18n";
import { useFormat } from "../i18n/format";
import { DocText } from "../inspector/DocText";
import { useCatalog } from "../state/catalog";
import type { ZooCard } from "../wire/types";
import classes from "./dialogs.module.css";
import { Schematic } from "./Schematic";
import { useZooGraph } from "./zoo";

export function ZooCardView({ card, children }: { card: ZooCard; children: ReactNode }) {
  const { t } = useTranslation("dialogs");
  const localised = useLocalised();
  const format = useFormat();
  const catalog = useCatalog();
  const graph = useZooGraph(card.name);
  const title = localised(card.title);
  const facts: [string, string][] = [
    [t("zoo.layers"), format.count(card.layers)],
    [t("zoo.weights"), format.compact(card.weights)],
    [t("zoo.macs"), card.macs === null ? "–" : format.compact(card.macs)],
    [t("zoo.input"), card.input ? format.shape([null, ...card.input]) : "–"],
  ];
  return (
    <article className={classes.card} data-testid={`zoo-${card.name}`}>
      <div className={classes.cardDrawing}>
        {graph ? (
          <Schematic graph={graph} catalog={catalog} label={t("zoo.drawing", { name: title })} />
        ) : (
          <Skeleton height="100%" radius={0} />
        )}
      </div>
      <div className={classes.cardBody}>
        <h3 className={classes.cardTitle}>{title}</h3>
        <Text size="xs" c="var(--vn-text-muted)" lh={1.5} className={classes.cardText}>
          {localised(card.summary)}
        </Text>
        <dl className={classes.cardFacts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Text size="xs" c="var(--vn-text-muted)" lineClamp={2}>
          <DocText text={card.source} />
        </Text>
        <div className={classes.cardActions}>{children}</div>
      </div>
    </article>
  );
}
