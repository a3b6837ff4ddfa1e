/** The name of a block and its parameters: what follows in it, and where it is used, when they change. */
import { type BlockDefinition, blockNamed, blockUse, storedBlock } from "../document/blocks";
import { callsOf, onEachLevel } from "../document/calls";
import type { DocumentGraph } from "../document/graph";
import type { Edit, Json, Params } from "../wire/types";

/** Gives a block another name, and calls it by that wherever it is used. */
export function renameBlock(graph: DocumentGraph, from: string, to: string): Edit[] {
  const block = graph.blocks[from];
  if (block === undefined || from === to) return [];
  const calls = onEachLevel(graph, (level) =>
    callsOf(level, from).flatMap((node): Edit[] =>
      node.shares === null ? [{ op: "set_params", id: node.id, params: { block: to } }] : [],
    ),
  );
  return [{ op: "set_block", name: to, block }, ...calls, { op: "remove_block", name: from }];
}

/** Gives a parameter of a block another name: in its expressions, and where values are given for it. */
export function renameParam(graph: DocumentGraph, block: string, from: string, to: string): Edit[] {
  const definition = blockNamed(graph.blocks, block);
  if (!definition) return [];
  const word = new RegExp(`(?<![\\w.])${from}(?!\\w)`, "g");
  const nodes = new Map(
    [...definition.nodes].map(([id, node]) => [
      id,
      { ...node, params: inExpressions(node.params, word, to) },
    ]),
  );
  return [
    defined(block, { ...definition, nodes, params: renamed(definition.params, from, to) }),
    ...withValues(graph, block, from, (values) => renamed(values, from, to)),
  ];
}

/** Takes a parameter away, and the values that are given for it. What is computed from it has to be said anew. */
export function removeParam(graph: DocumentGraph, block: string, name: string): Edit[] {
  const definition = blockNamed(graph.blocks, block);
  if (!definition) return [];
  return [
    defined(block, { ...definition, params: without(definition.params, name) }),
    ...withValues(graph, block, name, (values) => without(values, name)),
  ];
}

function withValues(
  graph: DocumentGraph,
  block: string,
  param: string,
  change: (values: Params) => Params,
): Edit[] {
  return onEachLevel(graph, (level) =>
    callsOf(level, block).flatMap((node): Edit[] => {
      const { values } = blockUse(node);
      if (!(param in values)) return [];
      return [{ op: "set_params", id: node.id, params: { values: change(values) } }];
    }),
  );
}

const defined = (name: string, definition: BlockDefinition): Edit => ({
  op: "set_block",
  name,
  block: storedBlock(definition),
});

const renamed = (params: Params, from: string, to: string): Params =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name === from ? to : name, value]));

const without = (params: Params, gone: string): Params =>
  Object.fromEntries(Object.entries(params).filter(([name]) => name !== gone));

function inExpressions<T extends Json>(value: T, word: RegExp, to: string): T {
  if (Array.isArray(value)) return value.map((item) => inExpressions(item, word, to)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => {
    const isText = key === "expr" && typeof item === "string" && Object.keys(value).length === 1;
    return [key, isText ? item.replace(word, to) : inExpressions(item as Json, word, to)];
  });
  return Object.fromEntries(entries) as T;
}
