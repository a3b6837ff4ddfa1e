/** All that the reference says of a layer: what it does, its parameters with limits and units, its source. */
import { useTranslation } from "react-i18next";
import { useGraphPart } from "../document";
import { extraTexts } from "../i18n/extra";
import { DocText } from "../inspector/DocText";
import { textOf } from "../inspector/values";
import { layerSummary } from "../palette/entryOf";
import { useCatalog } from "../state/catalog";
import { useView } from "../state/view";
import type { ParamSchema } from "../wire/types";
import classes from "./dock.module.css";
import { useDock } from "./store";

const FAR = 2 ** 31 - 1;

export function HelpPane() {
  const { t, i18n } = useTranslation("dock");
  const catalog = useCatalog();
  const asked = useDock((dock) => dock.subject);
  const selection = useView((view) => view.selection);
  const [only] = selection;
  const selected = useGraphPart((graph) => (only === undefined ? undefined : graph.nodes.get(only)?.type));
  const schema = catalog?.layers[asked ?? selected ?? ""];
  if (!schema) return <p className={classes.nothing}>{t("helpNothing")}</p>;
  const summary = layerSummary(schema.name, schema.summary, i18n.language);
  const [call, shapes] = schema.example;
  const glossary = extraTexts<{ [param: string]: string }>("inspector", i18n.language);
  return (
    <article className={classes.help} data-testid="help" tabIndex={-1}>
      <h2>{schema.name}</h2>
      {summary === schema.summary ? null : (
        <p>
          <DocText text={summary} />
        </p>
      )}
      <div className={classes.doc}>
        <DocText text={schema.doc} />
      </div>
      {schema.remarks ? <p>{schema.remarks}</p> : null}
      {schema.params.length === 0 ? null : (
        <dl className={classes.params}>
          {schema.params.map((param) => (
            <div key={param.name} data-testid={`help-${param.name}`}>
              <dt>
                <code>{param.name}</code>
                {glossary?.[param.name] ? <span> {glossary[param.name]}</span> : null}
              </dt>
              <dd>
                <DocText text={param.help} />
                <Limits param={param} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {call ? (
        <p data-testid="help-example">
          {t("example")}: <code>{call}</code> {shapes}
        </p>
      ) : null}
      <p className={classes.source}>
        {t("source")}: <DocText text={schema.source} />
      </p>
    </article>
  );
}

function Limits({ param }: { param: ParamSchema }) {
  const { t } = useTranslation("dock");
  const { minimum, maximum, unit, choices, required } = param;
  const said = [
    unit ? t("unit", { unit }) : "",
    required ? t("required") : "",
    typeof minimum === "number" && Math.abs(minimum) < FAR ? t("atLeast", { value: minimum }) : "",
    typeof maximum === "number" && Math.abs(maximum) < FAR ? t("atMost", { value: maximum }) : "",
    param.default === undefined ? "" : t("default", { value: textOf(param.default) || "null" }),
    choices && choices.length <= 12 ? choices.map(textOf).join(", ") : "",
  ].filter(Boolean);
  return said.length === 0 ? null : <span className={classes.limits}>{said.join(" · ")}</span>;
}
