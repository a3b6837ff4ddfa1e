/** Opens a network's document for the components below, and closes it with them. */
import i18next from "i18next";
import { createContext, type ReactNode, useEffect, useState } from "react";
import { succeed } from "../dialogs/notify";
import { useAnalysis } from "../state/analysis";
import { useView } from "../state/view";
import { NetworkDocument } from "./NetworkDocument";

export const DocumentContext = createContext<NetworkDocument | null>(null);

interface Props {
  id: string;
  children: ReactNode;
}

/** Renders its children once the document object exists; its content may still be on the way (`state.loaded`). */
export function DocumentProvider({ id, children }: Props) {
  const [document, setDocument] = useState<NetworkDocument | null>(null);

  useEffect(() => {
    const opened = NetworkDocument.open(id);
    const stopListening = opened.onMessage((message) => {
      if (message.kind === "analysis") useAnalysis.getState().receive(message);
    });
    const stopTelling = opened.onLinesLost((count) => succeed(i18next.t("blocks:outputRemoved", { count })));
    const warn = (event: BeforeUnloadEvent) => {
      const { status } = opened.state;
      if (opened.unsaved && (status === "offline" || status === "tooFast")) event.preventDefault();
    };
    window.addEventListener("beforeunload", warn);
    setDocument(opened);
    return () => {
      window.removeEventListener("beforeunload", warn);
      stopListening();
      stopTelling();
      opened.close();
      setDocument(null);
      useAnalysis.getState().clear();
      useView.getState().leave(0);
      useView.getState().clearSelection();
    };
  }, [id]);

  return document && <DocumentContext value={document}>{children}</DocumentContext>;
}
