/** A file dropped anywhere on the page: a model becomes a network, an .npz a data set. */
import { Portal, Text } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useLibrary } from "../runs/library";
import { useView } from "../state/view";
import { toApiError } from "../wire/client";
import classes from "./dialogs.module.css";
import { importNetwork } from "./imports";
import { fail, succeed } from "./notify";

/** Files, and not only pictures: those are for the test panel. */
function isTaken({ dataTransfer }: DragEvent): boolean {
  const files = [...(dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
  return files.some(({ type }) => !type.startsWith("image/"));
}

const isDataset = (file: File) => /\.npz$/i.test(file.name);

export function DropAnywhere() {
  const { t } = useTranslation("dialogs");
  const [, navigate] = useLocation();
  const [dragging, setDragging] = useState(false);

  const addDataset = async (file: File) => {
    useView.getState().showTab("train");
    const dataset = await useLibrary.getState().add(file, () => {}, new AbortController().signal);
    succeed(t("drop.dataset", { name: dataset.name }));
  };
  const take = useEffectEvent(async (files: File[]) => {
    const [first] = files;
    if (!first) return;
    try {
      await (isDataset(first) ? addDataset(first) : importNetwork({ files }, navigate));
    } catch (error) {
      fail(t("drop.failed", { name: first.name }), toApiError(error));
    }
  });

  // Whoever takes files in a place of their own has prevented the default before the document hears of it.
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.defaultPrevented || !isTaken(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (event.defaultPrevented || !isTaken(event)) return;
      event.preventDefault();
      void take([...(event.dataTransfer?.files ?? [])]);
    };
    document.addEventListener("dragenter", over);
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragenter", over);
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);

  if (!dragging) return null;
  return (
    <Portal>
      <div className={classes.dropScreen}>
        <div className={`${classes.dropFrame} ${classes.dropText}`}>
          <IconFileImport size={40} stroke={1.3} />
          <Text fw={600} size="lg">
            {t("drop.title")}
          </Text>
          <Text size="sm" c="var(--vn-text-muted)">
            {t("drop.text")}
          </Text>
        </div>
      </div>
    </Portal>
  );
}
