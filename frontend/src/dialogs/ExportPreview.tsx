/** What a format would give: its text, its picture, what stands in the way, or that it can only be downloaded. */
import { Button, Code, Loader, ScrollArea, Text } from "@mantine/core";
import { IconFileZip, IconFocus2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { DiagnosticText, showProblem } from "../problems";
import type { ApiError } from "../wire/client";
import type { ExportChoice } from "../wire/exports";
import type { Diagnostic } from "../wire/types";
import classes from "./dialogs.module.css";
import { ErrorBlock } from "./ErrorDetails";
import { exportPath } from "./exports";

/** More than this is no preview; the copy has all of it. */
const SHOWN_CHARACTERS = 20_000;
const MOST_OBSTACLES = 12;

export type Preview = { text: string } | { error: ApiError } | null;

export const isPicture = ({ extensions }: ExportChoice): boolean =>
  extensions.some((ending) => /\.(svg|png)$/.test(ending));

interface ExportPreviewProps {
  network: string;
  format: ExportChoice;
  preview: Preview;
  onLeave: () => void;
}

export function ExportPreview({ network, format, preview, onLeave }: ExportPreviewProps) {
  const { t } = useTranslation("dialogs");
  if (!format.available) return <Obstacles format={format} onLeave={onLeave} />;
  if (isPicture(format)) {
    return (
      <img
        src={exportPath(network, format.name)}
        alt={format.label}
        className={classes.previewPicture}
        data-testid="export-picture"
      />
    );
  }
  if (!format.text) {
    return (
      <div className={classes.previewNone}>
        <IconFileZip size={30} stroke={1.3} />
        <Text size="sm">{t("export.binary")}</Text>
        {format.runtime ? (
          <Text size="xs" c="var(--vn-text-muted)">
            {t("export.worker")}
          </Text>
        ) : null}
      </div>
    );
  }
  if (preview === null) return <Loader size="sm" type="dots" m="auto" />;
  if ("error" in preview) {
    return <ErrorBlock title={t("export.failed")} error={preview.error} testId="export-error" />;
  }
  return (
    <ScrollArea className={classes.previewScroll} type="auto">
      <Code block className={classes.previewText} data-testid="export-preview">
        {preview.text.slice(0, SHOWN_CHARACTERS)}
      </Code>
    </ScrollArea>
  );
}

function Obstacles({ format, onLeave }: { format: ExportChoice; onLeave: () => void }) {
  const { t } = useTranslation("dialogs");
  const rest = format.obstacles.length - MOST_OBSTACLES;
  return (
    <div role="alert" className={classes.obstacles} data-testid="export-obstacles">
      <Text size="sm" fw={500}>
        {t("export.obstacles", { format: format.label })}
      </Text>
      {format.obstacles.slice(0, MOST_OBSTACLES).map((diagnostic) => (
        <Obstacle
          key={`${diagnostic.node}:${diagnostic.message}`}
          diagnostic={diagnostic}
          onLeave={onLeave}
        />
      ))}
      {rest > 0 ? (
        <Text size="xs" c="var(--vn-text-muted)">
          {t("error.more", { count: rest })}
        </Text>
      ) : null}
    </div>
  );
}

function Obstacle({ diagnostic, onLeave }: { diagnostic: Diagnostic; onLeave: () => void }) {
  const { t } = useTranslation("dialogs");
  const show = () => {
    onLeave();
    showProblem(diagnostic);
  };
  return (
    <div className={classes.obstacle}>
      <DiagnosticText diagnostic={diagnostic} />
      {diagnostic.node === null ? null : (
        <Button
          size="compact-xs"
          variant="subtle"
          flex="none"
          leftSection={<IconFocus2 size={13} />}
          onClick={show}
          data-testid="export-show"
        >
          {t("export.show")}
        </Button>
      )}
    </div>
  );
}
