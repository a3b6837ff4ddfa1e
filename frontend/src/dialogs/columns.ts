/** The layers of a network by how far they are from its inputs: the longest way counts. */
import type { Graph, GraphNode } from "../wire/types";

export function columnsOf({ nodes, edges }: Graph): GraphNode[][] {
  const waitingFor = new Map(nodes.map(({ id }) => [id, 0]));
  const onward = new Map<string, string[]>();
  for (const { source, target } of edges) {
    waitingFor.set(target, (waitingFor.get(target) ?? 0) + 1);
    onward.set(source, [...(onward.get(source) ?? []), target]);
  }
  const column = new Map<string, number>();
  const ready = nodes.filter(({ id }) => waitingFor.get(id) === 0).map(({ id }) => id);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    const at = column.get(id) ?? 0;
    column.set(id, at);
    for (const target of onward.get(id) ?? []) {
      column.set(target, Math.max(column.get(target) ?? 0, at + 1));
      const left = (waitingFor.get(target) ?? 0) - 1;
      waitingFor.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  const columns: GraphNode[][] = [];
  for (const node of nodes) {
    const at = column.get(node.id) ?? 0;
    const members = columns[at] ?? [];
    members.push(node);
    columns[at] = members;
  }
  // A loop leaves columns that nobody reached.
  return columns.filter((members) => members !== undefined);
}
