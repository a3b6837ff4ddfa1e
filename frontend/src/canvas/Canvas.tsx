/** The drawing of the network. */
import { ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";

export function Canvas() {
  return <ReactFlow nodes={[]} edges={[]} />;
}
