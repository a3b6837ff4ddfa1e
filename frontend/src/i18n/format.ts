/** Numbers, sizes, shapes and times as the page's language writes them. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { agoText, countText, sizeText } from "../runs/measures";
import type { Shape } from "../wire/types";

export interface Format {
  /** 669,706 */
  count(value: number): string;
  /** 1.2M, 120万: for places without room for every digit. */
  compact(value: number): string;
  /** 2.7 MB */
  bytes(value: number): string;
  /** 28 × 28 × 1: without the batch axis. */
  shape(shape: Shape): string;
  /** 3 min ago */
  ago(iso: string): string;
  /** The full date and time, for tooltips. */
  moment(iso: string): string;
  /** a, b and c */
  list(items: readonly string[]): string;
}

export function makeFormat(language: string, scalar: string): Format {
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const list = new Intl.ListFormat(language, { type: "conjunction" });
  return {
    count: (value) => countText(value, language),
    compact: (value) => compact.format(value),
    bytes: sizeText,
    shape: ([, ...axes]) => (axes.length === 0 ? scalar : axes.map((axis) => axis ?? "?").join(" × ")),
    ago: (iso) => agoText(iso, Date.now(), language),
    moment: (iso) => moment.format(new Date(iso)),
    list: (items) => list.format(items),
  };
}

export function useFormat(): Format {
  const { t, i18n } = useTranslation("shell");
  const scalar = t("scalar");
  return useMemo(() => makeFormat(i18n.language, scalar), [i18n.language, scalar]);
}
