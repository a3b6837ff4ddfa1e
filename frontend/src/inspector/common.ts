/** What several layers have in common. */
import type { GraphNode } from "../wire/types";
import { type FieldValue, MIXED } from "./field";
import { sameValue } from "./values";

/** One value for each parameter: what all layers hold, or MIXED. A parameter that none holds is left out. */
export function commonValues(nodes: readonly GraphNode[], names: readonly string[]) {
  const values: { [name: string]: FieldValue } = {};
  const [first, ...others] = nodes;
  for (const name of names) {
    const value = first?.params[name];
    const same = others.every((node) => sameValue(node.params[name], value));
    if (!same) values[name] = MIXED;
    else if (value !== undefined) values[name] = value;
  }
  return values;
}

export function byType(nodes: readonly GraphNode[]): Map<string, GraphNode[]> {
  const types = new Map<string, GraphNode[]>();
  for (const node of nodes) types.set(node.type, [...(types.get(node.type) ?? []), node]);
  return types;
}
