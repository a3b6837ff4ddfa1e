/** Numbers as a page shows them: durations, counts, sizes, metrics. */

/** 1:05, 12:40, 2:03:09; whole seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Metrics that are shares of one: shown in percent, and better when higher. */
export const isShare = (metric: string) =>
  /accuracy|precision|recall|auc$/.test(metric) && lossOf(metric) === null;

const LOSS_OF = /^(?!val_loss$)(?:val_)?(.+)_loss$/;

/** Whose loss a metric is, where a network has several: "aux" for aux_loss and val_aux_loss; else null. */
export const lossOf = (metric: string): string | null => LOSS_OF.exec(metric)?.[1] ?? null;

export function metricText(metric: string, value: number | null | undefined): string {
  const known = typeof value === "number" && Number.isFinite(value);
  return known && isShare(metric) ? `${(value * 100).toFixed(2)} %` : numberText(value);
}

/** As Keras prints numbers: four decimals. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return size >= 100 ? value.toFixed(1) : value.toFixed(4);
}

/** The same where there is little room: a tenth of a percent, three digits. */
export function shortMetricText(metric: string, value: number): string {
  if (!Number.isFinite(value)) return metricText(metric, value);
  if (isShare(metric)) return `${(value * 100).toFixed(1)} %`;
  return Math.abs(value) >= 1e-3 || value === 0 ? value.toPrecision(3) : value.toExponential(1);
}

/** A mark of an axis: no digit more than it needs. */
export function markText(metric: string, value: number): string {
  if (isShare(metric)) return `${Number((value * 100).toPrecision(6))} %`;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0);
  return String(Number(value.toPrecision(6)));
}

export function countText(count: number, language: string): string {
  return new Intl.NumberFormat(language).format(count);
}

/** 2.7 MB; units of a thousand, as disks and downloads count. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 99.5 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** 28 × 28 × 1, without the batch axis; – for an axis of any length. */
export function shapeText(shape: readonly (number | null)[]): string {
  return shape.map((axis) => axis ?? "?").join(" × ");
}

/** Batches in an epoch: at least one example is kept aside as soon as validation is asked for. */
export function stepsPerEpoch(train: number, validationSplit: number, batchSize: number): number {
  const kept = validationSplit > 0 ? Math.max(1, Math.round(train * validationSplit)) : 0;
  return Math.ceil(Math.max(0, train - kept) / Math.max(1, batchSize));
}

/** "3 min ago" in the page's language. */
export function agoText(iso: string, now: number, language: string): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "second");
}
