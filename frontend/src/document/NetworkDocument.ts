/**
 * A network being edited: a Y.Doc shared with the server and every other tab, and a plain graph beside it.
 *
 * Reads go to `graph`; writes go through `apply`. Undo is per tab: another's edits are never undone here.
 */
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { DocumentMessage, Edit } from "../wire/types";
import { linesLost } from "./calls";
import { type Connect, type Connection, connectTo, isEnding, type Status } from "./connection";
import { applyEdits } from "./edits";
import type { DocumentGraph } from "./graph";
import { keepOutputs } from "./outputs";
import { rootsOf } from "./schema";
import { readGraph, updateGraph } from "./snapshot";

/** Edits of one key closer together than this are one undo step: typing in a field, a held arrow key. */
export const CAPTURE_TIMEOUT_MS = 500;

export interface ApplyOptions {
  /** Successive edits with the same key, in quick succession, undo as one. */
  merge?: string;
  /** The key names one visit to a field: its edits are one step however far apart they are. */
  lasting?: boolean;
  /** Edits of the whole network in the same step, where `edits` are those of an open block. */
  network?: readonly Edit[];
}

export interface History {
  /** i18n keys of what would be undone and redone; null where there is nothing. */
  readonly undo: string | null;
  readonly redo: string | null;
}

export interface DocumentState {
  readonly status: Status;
  /** Whether the content has arrived; before that, an empty graph means nothing. */
  readonly loaded: boolean;
  readonly readOnly: boolean;
  readonly history: History;
}

type Listener = () => void;

export class NetworkDocument {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);

  private current: DocumentGraph;
  private facts: DocumentState = {
    status: "connecting",
    loaded: false,
    readOnly: false,
    history: { undo: null, redo: null },
  };
  private readonly graphListeners = new Set<Listener>();
  private readonly stateListeners = new Set<Listener>();
  private readonly messageListeners = new Set<(message: DocumentMessage) => void>();
  private readonly lossListeners = new Set<(lines: number) => void>();
  private readonly manager: Y.UndoManager;
  private readonly origin = { tab: this.doc.clientID };
  private connection: Connection | null = null;
  private lastMerge: string | null = null;
  private lastApplied = 0;
  private readonly unfollow: () => void;
  /** Label of the edit being applied, and of the step being undone or redone. */
  private label = "";
  private movedLabel = "";

  constructor(readonly id: string) {
    const { nodes, edges, blocks, meta } = rootsOf(this.doc);
    this.current = readGraph(this.doc);
    const scope: Y.Map<unknown>[] = [
      nodes as Y.Map<unknown>,
      edges as Y.Map<unknown>,
      blocks as Y.Map<unknown>,
      meta as Y.Map<unknown>,
    ];
    this.manager = new Y.UndoManager(scope, {
      trackedOrigins: new Set([this.origin]),
      // `apply` alone decides where a step ends.
      captureTimeout: Number.POSITIVE_INFINITY,
    });
    this.manager.on("stack-item-added", ({ stackItem, type, origin }) => {
      // An item made by undoing is the same step seen from the other side: it keeps its label.
      const label = origin === this.origin ? this.label : this.movedLabel;
      stackItem.meta.set("label", label);
      if (type === "undo" || type === "redo") this.tellHistory();
    });
    this.manager.on("stack-item-popped", () => this.tellHistory());
    this.manager.on("stack-cleared", () => this.tellHistory());
    this.unfollow = this.follow();
  }

  /** Opens the live document of a network. Close it when done. */
  static open(id: string): NetworkDocument {
    const document = new NetworkDocument(id);
    document.connect(connectTo(id));
    return document;
  }

  connect(connect: Connect): void {
    this.connection = connect(this.doc, this.awareness, {
      status: (status) => this.setState({ status }),
      message: (message) => {
        for (const listener of this.messageListeners) listener(message);
      },
      readOnly: () => this.setState({ readOnly: true }),
      synced: () => this.setState({ loaded: true }),
    });
  }

  close(): void {
    this.connection?.close();
    this.connection = null;
    this.unfollow();
    this.manager.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  get graph(): DocumentGraph {
    return this.current;
  }

  /** The network itself, also where a block of it is open. */
  get root(): NetworkDocument {
    return this;
  }

  /** Whether this is the inside of a block. */
  get isBlock(): boolean {
    return this.root !== this;
  }

  /** Names of the blocks that are open, the outermost first: none of them can stand in what is edited here. */
  get openBlocks(): readonly string[] {
    return [];
  }

  get state(): DocumentState {
    return this.facts;
  }

  /** Whether edits exist that the server has not confirmed: leaving the page now would lose them when offline. */
  get unsaved(): boolean {
    return this.connection?.unsaved ?? false;
  }

  /** Whether edits are taken: not before the content is here, nor where it may only be read. */
  get editable(): boolean {
    const { readOnly, status } = this.facts;
    return !readOnly && !isEnding(status);
  }

  /**
   * Applies edits as one undo step. `label` is the i18n key of what the user did ("actions:undo_delete").
   * Returns false, changing nothing, where the document may not be edited.
   */
  apply(edits: readonly Edit[], label: string, options: ApplyOptions = {}): boolean {
    if (!this.editable) return false;
    const all = [...edits, ...(options.network ?? [])];
    if (all.length === 0) return true;
    const merge = options.merge ?? null;
    const now = Date.now();
    const continues =
      merge !== null &&
      merge === this.lastMerge &&
      (options.lasting || now - this.lastApplied < CAPTURE_TIMEOUT_MS);
    if (!continues) this.manager.stopCapturing();
    this.lastMerge = merge;
    this.lastApplied = now;
    this.label = label;
    const following = keepOutputs(this.current, all);
    this.doc.transact(() => applyEdits(this.doc, [...all, ...following]), this.origin);
    const lost = linesLost(following);
    if (lost > 0) for (const listener of this.lossListeners) listener(lost);
    return true;
  }

  undo(): void {
    this.step("undo");
  }

  redo(): void {
    this.step("redo");
  }

  private step(direction: "undo" | "redo"): void {
    if (!this.editable) return;
    this.lastMerge = null;
    this.movedLabel = this.facts.history[direction] ?? "";
    this.manager[direction]();
    this.tellHistory();
  }

  subscribeGraph = (listener: Listener): (() => void) => listen(this.graphListeners, listener);

  subscribeState = (listener: Listener): (() => void) => listen(this.stateListeners, listener);

  /** Analysis and save messages of the server. */
  onMessage(listener: (message: DocumentMessage) => void): () => void {
    return listen(this.messageListeners, listener);
  }

  /** How many lines an edit of this tab took away where blocks are used, with outputs that are gone. */
  onLinesLost(listener: (lines: number) => void): () => void {
    return listen(this.lossListeners, listener);
  }

  /** One transaction may touch several roots; listeners hear of the graph once, when it is whole again. */
  private follow(): () => void {
    const roots = rootsOf(this.doc);
    let told = this.current;
    const stops = Object.values(roots).map((root: Y.Map<unknown>) => {
      const observer = (events: Y.YEvent<Y.AbstractType<unknown>>[]) => {
        this.current = updateGraph(roots, root, this.current, events);
      };
      root.observeDeep(observer);
      return () => root.unobserveDeep(observer);
    });
    const tell = () => {
      if (told === this.current) return;
      told = this.current;
      for (const listener of this.graphListeners) listener();
    };
    this.doc.on("afterTransaction", tell);
    return () => {
      for (const stop of stops) stop();
      this.doc.off("afterTransaction", tell);
    };
  }

  private tellHistory(): void {
    const undo = topLabel(this.manager.undoStack);
    const redo = topLabel(this.manager.redoStack);
    const { history } = this.facts;
    if (history.undo !== undo || history.redo !== redo) this.setState({ history: { undo, redo } });
  }

  private setState(change: Partial<DocumentState>): void {
    const entries = Object.entries(change) as [keyof DocumentState, unknown][];
    if (entries.every(([key, value]) => this.facts[key] === value)) return;
    this.facts = { ...this.facts, ...change };
    for (const listener of this.stateListeners) listener();
  }
}

function topLabel(stack: { meta: Map<unknown, unknown> }[]): string | null {
  const top = stack.at(-1);
  if (!top) return null;
  const label = top.meta.get("label");
  return typeof label === "string" ? label : "";
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
