/** One layer: everything that can be set, everything that follows from it. Made from the catalogue alone. */
import { useTranslation } from "react-i18next";
import { BlockForm } from "../blocks/BlockForm";
import { BLOCK, BLOCK_INPUT, useDocument, useDocumentState, useNode } from "../document";
import { DiagnosticText, pathOf, useProblemActions } from "../problems";
import { useNodeProblems } from "../state/analysis";
import { useCatalog } from "../state/catalog";
import { useView } from "../state/view";
import type { Diagnostic } from "../wire/types";
import classes from "./inspector.module.css";
import { LayerHeader } from "./LayerHeader";
import { NameField } from "./NameField";
import { NoteField, PhaseField } from "./NoteAndPhase";
import { ParamForm } from "./ParamForm";
import { Section } from "./Section";
import { ShapesAndCost } from "./ShapesAndCost";
import { VariantField } from "./VariantField";

export function NodePanel({ id }: { id: string }) {
  const { t } = useTranslation("inspector");
  const document = useDocument();
  useDocumentState();
  const node = useNode(id);
  const catalog = useCatalog();
  const diagnostics = useNodeProblems(id);
  const inside = useView((view) => view.inside);
  const { fix, show } = useProblemActions();
  if (!node || !catalog) return null;

  const disabled = !document.editable;
  const known = node.type in catalog.layers;
  const opaque = !known && node.type !== BLOCK && node.type !== BLOCK_INPUT;
  const params = catalog.layers[node.type]?.params ?? [];
  const placed = new Set(params.map(({ name }) => name));
  const isWithin = (diagnostic: Diagnostic) => diagnostic.inside.length > 0;
  const general = diagnostics.filter(
    (diagnostic) => isWithin(diagnostic) || diagnostic.param === null || !placed.has(diagnostic.param),
  );
  const onFix = disabled ? undefined : fix;

  return (
    <div data-testid="inspector" className={classes.panel}>
      <LayerHeader node={node} catalog={catalog} />
      {general.length > 0 ? (
        <div className={classes.general}>
          {general.map((diagnostic) => (
            <DiagnosticText
              key={`${pathOf(diagnostic).join()}:${diagnostic.code}:${diagnostic.message}`}
              diagnostic={diagnostic}
              onFix={onFix}
              onShow={isWithin(diagnostic) ? (found) => show(found, inside) : undefined}
            />
          ))}
        </div>
      ) : null}
      <Section>
        <NameField node={node} disabled={disabled} />
        <VariantField node={node} catalog={catalog} disabled={disabled} />
      </Section>
      {node.type === BLOCK ? <BlockForm node={node} disabled={disabled} /> : null}
      {opaque ? (
        <Section title={t("configuration")}>
          <p className={classes.quiet}>{t("configurationHelp")}</p>
          <pre className={classes.configuration} data-testid="configuration">
            {JSON.stringify(node.params, null, 2)}
          </pre>
        </Section>
      ) : null}
      {!known ? null : (
        <Section title={t("parameters")}>
          {params.length === 0 ? <p className={classes.quiet}>{t("noParameters")}</p> : null}
          <ParamForm
            params={params}
            values={node.params}
            diagnostics={diagnostics}
            onFix={onFix}
            disabled={disabled}
            onChange={(name, value, session) =>
              document.apply([{ op: "set_params", id, params: { [name]: value } }], "inspector:undo_param", {
                merge: `${id}:${name}:${session}`,
                lasting: true,
              })
            }
          />
        </Section>
      )}
      <ShapesAndCost id={id} />
      <Section>
        <PhaseField nodes={[node]} disabled={disabled} />
        <NoteField node={node} disabled={disabled} />
      </Section>
    </div>
  );
}
