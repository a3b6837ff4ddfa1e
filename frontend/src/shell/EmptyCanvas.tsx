/** A network without layers: how to begin. */
import { Button, Text } from "@mantine/core";
import { IconFileImport, IconLayoutGrid, IconLayoutSidebar, IconStack2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useAction } from "../actions/hooks";
import { actionNamed } from "../actions/registry";
import { useDocumentState, useGraphPart } from "../document";
import { useView } from "../state/view";
import classes from "./shell.module.css";
import { useScreen } from "./useScreen";

export function EmptyCanvas() {
  const { t } = useTranslation("shell");
  const { readOnly } = useDocumentState();
  const empty = useGraphPart((graph) => graph.nodes.size === 0);
  const zoo = useAction(actionNamed("zoo"));
  const file = useAction(actionNamed("import"));
  const toggle = useView((view) => view.toggle);
  const { narrow } = useScreen();
  if (!empty || readOnly) return null;
  return (
    <div className={classes.empty} data-testid="empty-canvas">
      <div className={classes.emptyBox}>
        <IconStack2 size={36} stroke={1.2} className={classes.emptyIcon} aria-hidden />
        <Text fw={600} size="md">
          {t("empty.title")}
        </Text>
        <Text size="sm" c="var(--vn-text-muted)">
          {t(narrow ? "empty.textNarrow" : "empty.text")}
        </Text>
        <div className={classes.emptyButtons}>
          {narrow ? (
            <Button
              size="xs"
              leftSection={<IconLayoutSidebar size={15} />}
              onClick={() => toggle("paletteOpen", true)}
            >
              {t("empty.layers")}
            </Button>
          ) : null}
          <Button size="xs" variant="default" leftSection={<IconLayoutGrid size={15} />} onClick={zoo.run}>
            {t("dialogs:action.zoo")}
          </Button>
          <Button size="xs" variant="default" leftSection={<IconFileImport size={15} />} onClick={file.run}>
            {t("dialogs:action.import")}
          </Button>
        </div>
        {narrow ? null : (
          <Text size="xs" c="var(--vn-text-faint)">
            {t("empty.drop")}
          </Text>
        )}
      </div>
    </div>
  );
}
