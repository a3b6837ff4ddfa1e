/** The sidebar's first tab: the selected layer, what several have in common, or the network. */
import { Suspense } from "react";
import { BlockDocument, useDocument, useGraphPart } from "../document";
import { later } from "../shell/later";
import { useView } from "../state/view";
import { Overview } from "./Overview";

// Forms and their fields come after the first paint, yet before they are asked for: offline they could not come.
const NodePanel = later(() => import("./NodePanel").then(({ NodePanel }) => ({ default: NodePanel })));
const MultiPanel = later(() => import("./MultiPanel").then(({ MultiPanel }) => ({ default: MultiPanel })));
const BlockOverview = later(() =>
  import("../blocks/BlockOverview").then(({ BlockOverview }) => ({ default: BlockOverview })),
);

export function Inspector() {
  const document = useDocument();
  const selection = useView((view) => view.selection);
  const nodes = useGraphPart((graph) => graph.nodes);
  // Another tab may have removed what is selected here.
  const ids = [...selection].filter((id) => nodes.has(id));
  const [only] = ids;

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
