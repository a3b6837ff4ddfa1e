/**
 * The open dialog, the command palette, and what waits in the background: files dropped anywhere.
 *
 * A dialog is a module `<Name>Dialog.tsx` with a default export, found by being there and loaded when first opened;
 * `view.openDialog("name")` shows it.
 */

import { useSpotlight } from "@mantine/spotlight";
import { type ComponentType, lazy, Suspense, useEffect, useState } from "react";
import { ErrorBoundary } from "../shell/ErrorBoundary";
import { useView } from "../state/view";
import { commandsStore } from "./commandsStore";
import { DropAnywhere } from "./DropAnywhere";
import type { DialogProps } from "./dialog";

const Commands = lazy(() => import("./Commands").then(({ Commands }) => ({ default: Commands })));

const modules = import.meta.glob<{ default: ComponentType<DialogProps> }>("./*Dialog.tsx");

const dialogs = new Map(
  Object.entries(modules).map(([path, load]) => {
    const name = path.replace("./", "").replace("Dialog.tsx", "");
    return [name.charAt(0).toLowerCase() + name.slice(1), lazy(load)];
  }),
);

export function Dialogs() {
  const open = useView((view) => view.dialog);
  const close = useView((view) => view.closeDialog);
  // The last one stays mounted, so that it can close gently and give the focus back.
  const [last, setLast] = useState<string | null>(null);
  useEffect(() => {
    if (open !== null) setLast(open);
  }, [open]);
  const commandsOpen = useSpotlight(commandsStore).opened;
  const [commandsWanted, setCommandsWanted] = useState(false);
  useEffect(() => {
    if (commandsOpen) setCommandsWanted(true);
  }, [commandsOpen]);
  // Left for another page with a dialog open: it does not wait there.
  useEffect(() => close, [close]);
  const name = open ?? last;
  const Dialog = name === null ? undefined : dialogs.get(name);
  return (
    <>
      <Suspense>{Dialog ? <Dialog key={name} opened={open === name} onClose={close} /> : null}</Suspense>
      <ErrorBoundary fallback={null}>
        <Suspense>{commandsWanted ? <Commands /> : null}</Suspense>
      </ErrorBoundary>
      <DropAnywhere />
    </>
  );
}
