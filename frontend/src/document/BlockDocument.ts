/**
 * The inside of a block as a document of its own: everything that edits a network edits a block, too.
 *
 * It holds nothing. What is read comes from the network's document, what is written goes there as the block's new
 * definition, in the same history; of two tabs that change one block at once, the later wins.
 */
import type { Edit, GraphNode } from "../wire/types";
import { BLOCK, type BlockDefinition, blockNamed, blockUse } from "./blocks";
import { type DocumentGraph, EMPTY_GRAPH } from "./graph";
import { type ApplyOptions, type DocumentState, NetworkDocument } from "./NetworkDocument";

/** What is the network's, whichever block is open. */
const OUTER: ReadonlySet<Edit["op"]> = new Set<Edit["op"]>([
  "set_meta",
  "set_block",
  "remove_block",
  "edit_block",
]);

export class BlockDocument extends NetworkDocument {
  private shown: { definition: BlockDefinition; name: string; graph: DocumentGraph } | null = null;

  /** `node` is the Block node that was opened, in the document around. */
  constructor(
    readonly around: NetworkDocument,
    readonly node: string,
  ) {
    super(around.id);
    this.subscribeGraph = around.subscribeGraph;
    this.subscribeState = around.subscribeState;
  }

  /** The block's name; null where the node is gone, or no block any more. */
  get block(): string | null {
    const node = this.around.graph.nodes.get(this.node);
    return node && isOpenable(this.around.graph, node) ? blockUse(node).block : null;
  }

  get definition(): BlockDefinition | null {
    return this.block === null ? null : blockNamed(this.around.graph.blocks, this.block);
  }

  override get graph(): DocumentGraph {
    // The constructor above this one asks before there is anything around.
    if (!this.around) return super.graph;
    const { blocks, name, version } = this.around.graph;
    const { definition } = this;
    if (!definition) return EMPTY_GRAPH;
    const known = this.shown;
    if (known?.definition === definition && known.name === name && known.graph.blocks === blocks)
      return known.graph;
    const graph = { name, version, blocks, nodes: definition.nodes, edges: definition.edges };
    this.shown = { definition, name, graph };
    return graph;
  }

  override get root(): NetworkDocument {
    return this.around.root;
  }

  override get openBlocks(): readonly string[] {
    const outer = this.around.openBlocks;
    return this.block === null ? outer : [...outer, this.block];
  }

  override get state(): DocumentState {
    return this.around.state;
  }

  override get editable(): boolean {
    return this.around.editable;
  }

  override apply(edits: readonly Edit[], label: string, options: ApplyOptions = {}): boolean {
    const { block, definition } = this;
    if (block === null || !definition) return false;
    const outer = edits.filter(({ op }) => OUTER.has(op));
    const inner = edits.filter((edit) => !outer.includes(edit));
    const made: Edit[] = [...outer];
    if (inner.length > 0) made.push({ op: "edit_block", name: block, edits: inner });
    const merge = options.merge && `${block}/${options.merge}`;
    return this.around.apply(made, label, { ...options, merge });
  }

  override undo(): void {
    this.around.undo();
  }

  override redo(): void {
    this.around.redo();
  }
}

/** Whether a node is a block that can be looked into. */
export function isOpenable(graph: DocumentGraph, node: GraphNode): boolean {
  return node.type === BLOCK && blockNamed(graph.blocks, blockUse(node).block) !== null;
}
