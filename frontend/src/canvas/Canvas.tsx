/** The drawing of the network, and everything the pointer does to it. */
import { Background, BackgroundVariant, ReactFlow, ReactFlowProvider, SelectionMode } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { Suspense, useCallback, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { EMPTY_GRAPH, isOpenable, useDocumentState, useGraph } from "../document";
import { GRID } from "../editing/geometry";
import { ErrorBoundary } from "../shell/ErrorBoundary";
import { later } from "../shell/later";
import { useOutputCounts } from "../state/analysis";
import { useCanvas } from "../state/canvas";
import { useCatalog } from "../state/catalog";
import { useView } from "../state/view";
import type { GraphNode } from "../wire/types";
import classes from "./Canvas.module.css";
import type { MenuPlace } from "./ContextMenu";
import { Cursors } from "./Cursors";
import { useClipboardEvents } from "./clipboardEvents";
import { useConnecting } from "./connecting";
import { MAX_ZOOM, MIN_ZOOM, showDetail, useControls } from "./controls";
import { DrawnEdge } from "./DrawnEdge";
import { Deriver } from "./derive";
import { useDropping } from "./dropping";
import { LayerNode } from "./LayerNode";
import { Minimap } from "./Minimap";
import { useMotion } from "./motion";
import { Notice } from "./Notice";
import { useOpening } from "./opening";
import { usePresenceChannel } from "./presence";
import { RoutedEdge } from "./RoutedEdge";
import { useSelecting } from "./selecting";

const ContextMenu = later(() => import("./ContextMenu"));

const nodeTypes = { layer: LayerNode };
const edgeTypes = { routed: RoutedEdge };
const SNAP: [number, number] = [GRID, GRID];
const MULTI_KEYS = ["Shift", "Control", "Meta"];

export function Canvas() {
  return (
    <ErrorBoundary>
      <ReactFlowProvider>
        <Drawing />
      </ReactFlowProvider>
    </ErrorBoundary>
  );
}

function Drawing() {
  const { t } = useTranslation("canvas");
  const container = useRef<HTMLDivElement>(null);
  const { loaded, readOnly } = useDocumentState();
  const content = useGraph();
  const catalog = useCatalog();
  const selection = useView((view) => view.selection);
  const selectedEdges = useView((view) => view.selectedEdges);
  const minimapOpen = useView((view) => view.minimapOpen);
  const moved = useMotion((state) => state.moved);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const [deriver] = useState(() => new Deriver());
  useControls(container);
  const ready = useOpening(container, loaded);
  const graph = ready ? content : EMPTY_GRAPH;

  const describe = useCallback((node: GraphNode) => t("node", { name: node.name, type: node.type }), [t]);
  const outputs = useOutputCounts();
  const drawn = useMemo(() => ({ graph, catalog, outputs, moved }), [graph, catalog, outputs, moved]);
  const nodes = useMemo(
    () => deriver.deriveNodes(drawn, selection, describe),
    [deriver, drawn, selection, describe],
  );
  const edges = useMemo(() => deriver.deriveEdges(drawn, selectedEdges), [deriver, drawn, selectedEdges]);

  const guest = useCallback((number: number) => t("guest", { number }), [t]);
  const { tell } = usePresenceChannel(guest);
  const selecting = useSelecting({ tell });
  const connecting = useConnecting();
  const dropping = useDropping();
  useClipboardEvents();

  const takeFocus = useCallback(() => container.current?.focus({ preventScroll: true }), []);
  const onPointerMove = useCallback(() => {
    tell({ cursor: useCanvas.getState().controls?.pointer() ?? null });
  }, [tell]);
  const onPointerLeave = useCallback(() => tell({ cursor: null }), [tell]);

  return (
    <div
      ref={container}
      className={classes.canvas}
      data-testid="canvas"
      data-detail="near"
      data-loaded={ready || undefined}
      role="application"
      aria-label={t("label")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: shortcuts act on the canvas; it must be able to have the focus.
      tabIndex={0}
      onDragOver={dropping.onDragOver}
      onDragLeave={dropping.onDragLeave}
      onDrop={dropping.onDrop}
      onPointerMove={onPointerMove}
      onPointerLeave={onPointerLeave}
      onFocus={selecting.onFocus}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={selecting.onNodesChange}
        onEdgesChange={selecting.onEdgesChange}
        onNodeDragStop={() => {
          selecting.onDragStop();
          takeFocus();
        }}
        onSelectionDragStop={selecting.onDragStop}
        onNodeDoubleClick={(_event, { id }) => {
          const view = useView.getState();
          const node = graph.nodes.get(id);
          if (node && isOpenable(graph, node)) view.enter(id);
          else view.rename(id);
        }}
        onNodeContextMenu={(event, node) => {
          event.preventDefault();
          const view = useView.getState();
          if (!view.selection.has(node.id)) view.select([node.id]);
          setMenu({ place: "nodeMenu", x: event.clientX, y: event.clientY });
        }}
        onSelectionContextMenu={(event) => {
          event.preventDefault();
          setMenu({ place: "nodeMenu", x: event.clientX, y: event.clientY });
        }}
        onPaneContextMenu={(event) => {
          event.preventDefault();
          setMenu({ place: "canvasMenu", x: event.clientX, y: event.clientY });
        }}
        // The pointer leaves the focus on the canvas; only Tab brings it to a node, and its ring with it.
        onNodeClick={takeFocus}
        onEdgeClick={takeFocus}
        onPaneClick={takeFocus}
        onMove={(_event, { zoom }) => showDetail(container.current, zoom)}
        isValidConnection={connecting.isValidConnection}
        onConnect={connecting.onConnect}
        onConnectEnd={connecting.onConnectEnd}
        connectionLineComponent={DrawnEdge}
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        edgesReconnectable={false}
        nodesFocusable
        edgesFocusable={false}
        disableKeyboardA11y
        elevateNodesOnSelect={false}
        onlyRenderVisibleElements
        connectionRadius={28}
        nodeDragThreshold={3}
        snapToGrid
        snapGrid={SNAP}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        panOnScroll
        zoomOnDoubleClick={false}
        selectionMode={SelectionMode.Partial}
        multiSelectionKeyCode={MULTI_KEYS}
        deleteKeyCode={null}
        attributionPosition="bottom-left"
      >
        <Background
          variant={BackgroundVariant.Dots}
          gap={GRID * 3}
          size={1.5}
          bgColor="var(--vn-canvas)"
          color="var(--vn-canvas-dot)"
        />
        <Cursors />
      </ReactFlow>
      {minimapOpen && <Minimap />}
      <Notice />
      <ErrorBoundary fallback={null}>
        <Suspense>{menu && <ContextMenu {...menu} onClose={() => setMenu(null)} />}</Suspense>
      </ErrorBoundary>
    </div>
  );
}
