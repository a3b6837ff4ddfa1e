/** Precision, recall and F1 of every class; sorted by any column. */
import { UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ClassQuality } from "../../wire/runs";
import table from "../table.module.css";
import classes from "./test.module.css";

const COLUMNS = ["precision", "recall", "f1", "support"] as const;
type Column = "label" | (typeof COLUMNS)[number];

export function ClassTable({ rows }: { rows: readonly ClassQuality[] }) {
  const { t } = useTranslation("runs");
  const [sort, setSort] = useState<{ by: Column; down: boolean } | null>(null);
  const sorted = sort
    ? rows.toSorted((a, b) => compare(a[sort.by], b[sort.by]) * (sort.down ? -1 : 1))
    : rows;
  const toggle = (by: Column) => setSort({ by, down: sort?.by === by ? !sort.down : false });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div className={table.tableFrame} style={{ maxHeight: 320 }} tabIndex={0}>
      <table className={table.table} data-testid="per-class">
        <thead>
          <tr>
            {(["label", ...COLUMNS] as const).map((column) => (
              <th
                key={column}
                scope="col"
                aria-sort={sort?.by === column ? (sort.down ? "descending" : "ascending") : undefined}
              >
                <UnstyledButton className={classes.sort} onClick={() => toggle(column)}>
                  {t(`class.${column}`)}
                  {sort?.by === column ? (
                    sort.down ? (
                      <IconArrowDown size={11} />
                    ) : (
                      <IconArrowUp size={11} />
                    )
                  ) : null}
                </UnstyledButton>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={row.label}>
              <th scope="row" className={classes.className} title={row.label}>
                {row.label}
              </th>
              {COLUMNS.map((column) => (
                <td key={column}>{column === "support" ? row.support : <Share value={row[column]} />}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Share({ value }: { value: number }) {
  return (
    <span className={classes.share} style={{ backgroundSize: `${value * 100}% 100%` }}>
      {(value * 100).toFixed(1)}
    </span>
  );
}

const compare = (a: string | number, b: string | number) =>
  typeof a === "number" && typeof b === "number"
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
