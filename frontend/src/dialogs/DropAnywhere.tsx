/** A file dropped anywhere on the page: a model becomes a network, an .npz a data set. */

import { Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { IconFileImport } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useLibrary } from "../runs/library";
import { useView } from "../state/view";
import { toApiError } from "../wire/client";
import classes from "./dialogs.module.css";
import { importNetwork } from "./networks";
import { fail, succeed } from "./notices";

const isDataset = (file: File) => /\.npz$/i.test(file.name);

export function DropAnywhere() {
  const { t } = useTranslation("dialogs");
  const [, navigate] = useLocation();

  const addDataset = async (file: File) => {
    useView.getState().showTab("train");
    const dataset = await useLibrary.getState().add(file, () => {}, new AbortController().signal);
    succeed(t("drop.dataset", { name: dataset.name }));
  };
  const take = async ([file]: File[]) => {
    if (!file) return;
    try {
      await (isDataset(file) ? addDataset(file) : importNetwork(file, navigate));
    } catch (error) {
      fail(t("drop.failed", { name: file.name }), toApiError(error));
    }
  };
  return (
    <Dropzone.FullScreen
      onDrop={(files) => void take(files)}
      multiple={false}
      classNames={{ root: classes.drop, fullScreen: classes.dropScreen }}
      inputProps={{ "data-testid": "drop-file" } as object}
    >
      <div className={classes.dropText}>
        <IconFileImport size={40} stroke={1.3} />
        <Text fw={600} size="lg">
          {t("drop.title")}
        </Text>
        <Text size="sm" c="var(--vn-text-muted)">
          {t("drop.text")}
        </Text>
      </div>
    </Dropzone.FullScreen>
  );
}
