/** Selects a layer of the network from outside the canvas. */
import { useCanvas } from "../state/canvas";
import { useView } from "../state/view";

export function pick(node: string): void {
  const view = useView.getState();
  view.leave(0);
  view.select([node]);
  useCanvas.getState().controls?.reveal([node]);
}
