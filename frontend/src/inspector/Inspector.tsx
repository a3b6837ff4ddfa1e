/** The sidebar's first tab: the selected layer, what several have in common, or the network. */
import { useGraphPart } from "../document";
import { useView } from "../state/view";
import { MultiPanel } from "./MultiPanel";
import { NodePanel } from "./NodePanel";
import { Overview } from "./Overview";

export function Inspector() {
  const selection = useView((view) => view.selection);
  const nodes = useGraphPart((graph) => graph.nodes);
  // Another tab may have removed what is selected here.
  const ids = [...selection].filter((id) => nodes.has(id));
  const [only] = ids;
  if (only === undefined) return <Overview />;
  if (ids.length === 1) return <NodePanel key={only} id={only} />;
  return <MultiPanel ids={ids} />;
}
