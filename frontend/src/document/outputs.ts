/**
 * Outputs of a block are its nodes that feed nothing, as they are stored: an edit of a block may make others of them.
 * What is wired to an output stays wired to it, or to the layer that takes its place; what is wired to one that is gone
 * goes with it.
 */
import type { Edge, Edit, Json } from "../wire/types";
import { BLOCK_INPUT, type BlockDefinition, blockNamed, storedBlock } from "./blocks";
import { callsOf, type Level, onEachLevel } from "./calls";
import type { DocumentGraph } from "./graph";
import { editContent } from "./plain";

/** What an output of a block has become, by its place before; null: it is gone. */
type Ports = readonly (number | null)[];

/** The edits that have to follow, where some of `edits` change the blocks of a network. */
export function keepOutputs(graph: DocumentGraph, edits: readonly Edit[]): Edit[] {
  const names = new Set(edits.flatMap((edit) => (edit.op === "edit_block" ? [edit.name] : [])));
  if (names.size === 0) return [];
  const after = edited(graph, edits);
  const orders: Edit[] = [];
  const changes: [string, Ports][] = [];
  for (const name of names) {
    const [old, now] = [blockNamed(graph.blocks, name), blockNamed(after.blocks, name)];
    if (!old || !now || old === now) continue;
    const wired = wiredPorts(graph, name);
    const { outputs, ports } = succeeded(old, now, wired);
    if (outputs.some((id, port) => outputNodes(now)[port] !== id))
      orders.push({ op: "set_block", name, block: storedBlock(ordered(now, outputs)) });
    if (ports.some((port, place) => port !== place)) changes.push([name, ports]);
  }
  if (changes.length === 0) return orders;
  const base = edited(after, orders);
  const lines = changes.flatMap(([name, ports]) => rewired(base, name, ports));
  // A call that loses all its lines becomes an output of the block that it is in.
  return [...orders, ...lines, ...keepOutputs(base, lines)];
}

/** Ids of the nodes that are a block's outputs. */
export function outputNodes({ nodes, edges }: Level): string[] {
  const feeding = new Set([...edges.values()].map(({ source }) => source));
  return [...nodes.values()].flatMap(({ id, type }) => (type === BLOCK_INPUT || feeding.has(id) ? [] : [id]));
}

/** The outputs of a block in the order that keeps most lines where they are, and what has become of the old ones. */
function succeeded(old: BlockDefinition, now: BlockDefinition, wired: ReadonlySet<number>) {
  const before = outputNodes(old);
  const found = outputNodes(now);
  const fresh = new Set(found.filter((id) => !before.includes(id)));
  const free = new Set(found.filter((id) => before.includes(id) && !wired.has(before.indexOf(id))));
  const heirs = before.map((id) => heir(id, old, now, fresh, free));
  const place = (id: string) => (heirs.includes(id) ? heirs.indexOf(id) : before.length);
  const outputs = [...found].sort((one, other) => place(one) - place(other));
  return { outputs, ports: heirs.map((id) => (id === null ? null : outputs.indexOf(id))) };
}

/**
 * What gives out now what an output gave out: itself; the layer that was put behind it; the one before it where it was
 * taken away, or what took its place there.
 */
function heir(
  id: string,
  old: BlockDefinition,
  now: BlockDefinition,
  fresh: ReadonlySet<string>,
  free: ReadonlySet<string>,
): string | null {
  if (now.nodes.has(id)) {
    const behind = along([id], (from) => targets(now, from));
    const ends = (among: ReadonlySet<string>) => [...behind].filter((end) => among.has(end));
    if (behind.size === 1) return id;
    return ends(fresh)[0] ?? ends(free)[0] ?? null;
  }
  const gone = (each: string) => !now.nodes.has(each);
  const before = along([id], (from) => (gone(from) ? sources(old, from) : []));
  const kept = [...before].filter((each) => !gone(each));
  const around = along(kept, (from) => targets(now, from).filter((to) => !old.nodes.has(to)));
  const ends = [...around].filter((end) => fresh.has(end));
  return ends.length === 1 ? (ends[0] ?? null) : null;
}

function along(from: readonly string[], next: (id: string) => string[]): Set<string> {
  const found = new Set(from);
  // A set that grows is walked to its new end.
  for (const id of found) for (const other of next(id)) found.add(other);
  return found;
}

const targets = ({ edges }: Level, id: string) =>
  [...edges.values()].flatMap(({ source, target }) => (source === id ? [target] : []));

const sources = ({ edges }: Level, id: string) =>
  [...edges.values()].flatMap(({ source, target }) => (target === id ? [source] : []));

/** A block whose outputs are stored in this order, each in the place of one. */
function ordered(block: BlockDefinition, outputs: readonly string[]): BlockDefinition {
  const among = new Set(outputs);
  const waiting = [...outputs];
  const ids = [...block.nodes.keys()].map((id) => (among.has(id) ? (waiting.shift() ?? id) : id));
  const nodes = new Map(ids.flatMap((id) => [block.nodes.get(id) ?? []].flat().map((node) => [id, node])));
  return { ...block, nodes };
}

/** The outputs of a block to which something is wired anywhere; the first, too, where a block around gives it out. */
function wiredPorts(graph: DocumentGraph, block: string): Set<number> {
  const ports = new Set<number>();
  onEachLevel(graph, (level) => {
    const calls = new Set(callsOf(level, block).map(({ id }) => id));
    for (const { source, source_port } of level.edges.values()) if (calls.has(source)) ports.add(source_port);
    if (level !== graph && outputNodes(level).some((id) => calls.has(id))) ports.add(0);
    return [];
  });
  return ports;
}

/** What follows where a block is used. Ports that never were stay as they are. */
function rewired(graph: DocumentGraph, block: string, ports: Ports, seen = new Set<string>()): Edit[] {
  if (seen.has(block)) return [];
  const lines = onEachLevel(graph, (level) => {
    const calls = new Set(callsOf(level, block).map(({ id }) => id));
    const affected = [...level.edges.values()].filter(
      ({ source, source_port }) =>
        calls.has(source) && ports[source_port] !== source_port && source_port in ports,
    );
    const moved = affected.flatMap((edge): Edge[] => {
      const source_port = ports[edge.source_port];
      return source_port === null || source_port === undefined ? [] : [{ ...edge, source_port }];
    });
    return [
      ...affected.map((edge): Edit => ({ op: "disconnect", edge })),
      ...moved.map((edge): Edit => ({ op: "connect", edge })),
    ];
  });
  if (ports[0] !== null) return lines;
  // Where a block around gives out the first output, its own is gone, too.
  const around = Object.keys(graph.blocks).flatMap((name) => {
    const level = blockNamed(graph.blocks, name);
    const calls = level ? callsOf(level, block).map(({ id }) => id) : [];
    const own = level ? outputNodes(level).map((id, port) => (calls.includes(id) ? null : port)) : [];
    return own.includes(null) ? rewired(graph, name, own, new Set([...seen, block])) : [];
  });
  return [...lines, ...around];
}

/** A network after edits. */
function edited(graph: DocumentGraph, edits: readonly Edit[]): DocumentGraph {
  const blocks: { [name: string]: Json } = { ...graph.blocks };
  for (const edit of edits) {
    if (edit.op === "set_block") blocks[edit.name] = edit.block;
    else if (edit.op === "remove_block") delete blocks[edit.name];
    else if (edit.op === "edit_block") {
      const known = blockNamed(blocks, edit.name);
      if (known) blocks[edit.name] = storedBlock({ ...known, ...editContent(known, edit.edits) });
    }
  }
  return { ...graph, ...editContent(graph, edits), blocks };
}
