/** The editor page of one network. */
import { useShortcuts } from "../actions/hooks";
import { Canvas } from "../canvas";
import { DocumentProvider } from "../document";

function Workspace() {
  useShortcuts();
  return <Canvas />;
}

export default function Editor({ id }: { id: string }) {
  return (
    <DocumentProvider id={id}>
      <Workspace />
    </DocumentProvider>
  );
}
