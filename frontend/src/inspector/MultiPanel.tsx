/** Several layers: what they are, what can be done with them, and the parameters they share when of one type. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { actionsIn } from "../actions/registry";
import { BLOCK, useDocument, useDocumentState, useGraph } from "../document";
import { useFormat } from "../i18n/format";
import { useKind } from "../palette/useKind";
import { ActionButton } from "../shell/ActionButton";
import { lacksWeights, shownNodes, useAnalysis } from "../state/analysis";
import { useCatalog } from "../state/catalog";
import { useView } from "../state/view";
import { categoryColor } from "../theme/category";
import type { Catalog, GraphNode } from "../wire/types";
import { byType, commonValues } from "./common";
import classes from "./inspector.module.css";
import { PhaseField } from "./NoteAndPhase";
import { ParamForm } from "./ParamForm";
import { Section } from "./Section";

/** What makes sense for many layers at once. */
const GROUPS = ["block", "clipboard", "remove"];

export function MultiPanel({ ids }: { ids: readonly string[] }) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  useDocumentState();
  const graph = useGraph();
  const catalog = useCatalog();
  const format = useFormat();
  const weights = useAnalysis((state) =>
    ids.reduce((sum, id) => sum + (shownNodes(state).get(id)?.weights ?? 0), 0),
  );
  /** Not one of them is known. */
  const unknown = useAnalysis((state) =>
    ids.every((id) => {
      const analysis = shownNodes(state).get(id);
      return analysis !== undefined && lacksWeights(analysis);
    }),
  );
  const nodes = ids.flatMap((id) => graph.nodes.get(id) ?? []);
  const types = [...byType(nodes)];
  const [only] = types;
  const schema = types.length === 1 && only ? catalog?.layers[only[0]] : undefined;
  const disabled = !document.editable;

  return (
    <div data-testid="inspector" className={classes.panel}>
      <header className={classes.header}>
        <h2 className={classes.headerTitle}>{t("selected", { count: ids.length })}</h2>
        <div className={classes.facts}>
          <div className={classes.fact}>
            <dt>{t("weightsOf")}</dt>
            <dd>{unknown ? "–" : format.count(weights)}</dd>
          </div>
        </div>
      </header>
      <Section>
        <div className={classes.buttons}>
          {actionsIn("nodeMenu")
            .filter(({ group }) => GROUPS.includes(group))
            .flatMap(({ actions }) =>
              actions.map((action) => <ActionButton key={action.id} action={action} />),
            )}
        </div>
      </Section>
      {catalog && types.length > 1 ? (
        <Section>
          {types.map(([type, members]) => (
            <TypeRow key={type} type={type} members={members} catalog={catalog} />
          ))}
          <p className={classes.quiet}>{t("mixedTypes")}</p>
        </Section>
      ) : null}
      {schema ? (
        <Section title={t("parameters")} aside={<span className={classes.quiet}>{schema.name}</span>}>
          <p className={classes.quiet}>{t("sharedParams", { count: ids.length })}</p>
          <ParamForm
            params={schema.params}
            values={commonValues(
              nodes,
              schema.params.map(({ name }) => name),
            )}
            disabled={disabled}
            onChange={(name, value, session) =>
              document.apply(
                ids.map((id) => ({ op: "set_params", id, params: { [name]: value } })),
                "inspector:undo_param",
                { merge: `${ids.join()}:${name}:${session}`, lasting: true },
              )
            }
          />
        </Section>
      ) : null}
      <Section>
        <PhaseField nodes={nodes} disabled={disabled} />
      </Section>
    </div>
  );
}

interface TypeRowProps {
  type: string;
  members: readonly GraphNode[];
  catalog: Catalog;
}

/** A type in the selection; a click narrows the selection to it. */
function TypeRow({ type, members, catalog }: TypeRowProps) {
  const kind = useKind();
  const select = useView((view) => view.select);
  const [first] = members;
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-sm"
      fullWidth
      justify="space-between"
      rightSection={members.length}
      onClick={() => select(members.map(({ id }) => id))}
      leftSection={
        <span
          className={classes.dot}
          style={{ background: categoryColor(catalog.layers[type]?.category ?? "") }}
        />
      }
      classNames={{ inner: classes.rowInner, label: classes.rowLabel }}
    >
      {kind(type === BLOCK ? { type, params: {} } : (first ?? { type, params: {} }))}
    </Button>
  );
}
