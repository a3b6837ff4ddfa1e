/** Deletes the network that is open. */
import { useContext } from "react";
import { useLocation } from "wouter";
import { DocumentContext } from "../document";
import { ConfirmDelete } from "./ConfirmDelete";
import type { DialogProps } from "./dialog";

export default function DeleteDialog({ opened, onClose }: DialogProps) {
  const document = useContext(DocumentContext);
  const [, navigate] = useLocation();
  const network = document && { id: document.id, name: document.graph.name };
  return (
    <ConfirmDelete network={network} opened={opened} onClose={onClose} onDeleted={() => navigate("/")} />
  );
}
