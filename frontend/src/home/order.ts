/** Which networks a list shows, and in what order. */
import type { NetworkSummary } from "../wire/types";

export type Column = "name" | "layers" | "weights" | "updated";
export interface Order {
  by: Column;
  descending: boolean;
}

const compare: Record<Column, (a: NetworkSummary, b: NetworkSummary) => number> = {
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  layers: (a, b) => a.layers - b.layers,
  weights: (a, b) => (a.weights ?? 0) - (b.weights ?? 0),
  updated: (a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at),
};

/** The networks whose name answers a query, ordered. */
export function arrangeNetworks(
  networks: readonly NetworkSummary[],
  query: string,
  { by, descending }: Order,
): NetworkSummary[] {
  const wanted = query.trim().toLowerCase();
  const sign = descending ? -1 : 1;
  return networks
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => sign * compare[by](a, b));
}
