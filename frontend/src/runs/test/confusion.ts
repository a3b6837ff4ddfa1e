/** Arithmetic of a confusion matrix, counts by (true class, predicted class). */

export interface Cell {
  truth: number;
  predicted: number;
  count: number;
  /** Of all examples of the true class. */
  share: number;
}

export function cellAt(counts: readonly (readonly number[])[], truth: number, predicted: number): Cell {
  const row = counts[truth] ?? [];
  const count = row[predicted] ?? 0;
  const total = row.reduce((sum, other) => sum + other, 0);
  return { truth, predicted, count, share: total > 0 ? count / total : 0 };
}

/** Mistakes, the most frequent first. */
export function confusions(counts: readonly (readonly number[])[], limit: number): Cell[] {
  return counts
    .flatMap((row, truth) =>
      row.flatMap((count, predicted) =>
        count > 0 && truth !== predicted ? [cellAt(counts, truth, predicted)] : [],
      ),
    )
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, limit);
}

const LEAST_INK = 0.12;

/** How strongly a cell is coloured, 0 to 1: a single mistake must already be seen. */
export const inkOf = ({ truth, predicted, share }: Cell): number => {
  if (truth === predicted) return share * share;
  return share > 0 ? Math.max(LEAST_INK, Math.sqrt(share)) : 0;
};
