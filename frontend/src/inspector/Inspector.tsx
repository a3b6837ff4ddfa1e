/** The sidebar's first tab: the selected layer, what several have in common, or the network. */
import { lazy, Suspense, useEffect } from "react";
import { BlockDocument, useDocument, useGraphPart } from "../document";
import { useView } from "../state/view";
import { Overview } from "./Overview";

// Forms and their fields come after the first paint, yet before they are asked for: offline they could not come.
const panels = {
  one: () => import("./NodePanel").then(({ NodePanel }) => ({ default: NodePanel })),
  several: () => import("./MultiPanel").then(({ MultiPanel }) => ({ default: MultiPanel })),
};
const NodePanel = lazy(panels.one);
const MultiPanel = lazy(panels.several);

const BlockOverview = lazy(() =>
  import("../blocks/BlockOverview").then(({ BlockOverview }) => ({ default: BlockOverview })),
);

const PREFETCH_MS = 1_500;

export function Inspector() {
  const document = useDocument();
  const selection = useView((view) => view.selection);
  const nodes = useGraphPart((graph) => graph.nodes);
  // Another tab may have removed what is selected here.
  const ids = [...selection].filter((id) => nodes.has(id));
  const [only] = ids;

  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([panels.one(), panels.several()]), PREFETCH_MS);
    return () => clearTimeout(timer);
  }, []);

  if (only === undefined && document instanceof BlockDocument)
    return (
      <Suspense>
        <BlockOverview document={document} />
      </Suspense>
    );
  if (only === undefined) return <Overview />;
  return (
    <Suspense>{ids.length === 1 ? <NodePanel key={only} id={only} /> : <MultiPanel ids={ids} />}</Suspense>
  );
}
