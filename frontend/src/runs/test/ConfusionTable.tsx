/** The mistakes as a table: which class is taken for which, the most frequent first. */
import { useTranslation } from "react-i18next";
import panel from "../panel.module.css";
import table from "../table.module.css";
import { confusions } from "./confusion";

const MOST_ROWS = 100;

interface ConfusionTableProps {
  counts: readonly (readonly number[])[];
  classNames: readonly string[];
}

export function ConfusionTable({ counts, classNames }: ConfusionTableProps) {
  const { t } = useTranslation("runs");
  const mistakes = confusions(counts, MOST_ROWS);
  if (mistakes.length === 0) return <div className={panel.muted}>{t("confusion.none")}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className={table.tableFrame} style={{ maxHeight: 300 }} tabIndex={0}>
      <table className={table.table} data-testid="confusion-table">
        <caption className={panel.srOnly}>{t("confusion.caption")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("confusion.truth")}</th>
            <th scope="col">{t("confusion.predicted")}</th>
            <th scope="col">{t("confusion.count")}</th>
            <th scope="col">{t("confusion.share")}</th>
          </tr>
        </thead>
        <tbody>
          {mistakes.map(({ truth, predicted, count, share }) => (
            <tr key={`${truth}.${predicted}`}>
              <td>{classNames[truth]}</td>
              <td>{classNames[predicted]}</td>
              <td>{count}</td>
              <td>{(share * 100).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
