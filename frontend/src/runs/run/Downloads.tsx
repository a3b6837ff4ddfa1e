/** The files of a run. */
import { Anchor } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../wire/runs";
import { fileAddress } from "../api";
import { sizeText } from "../measures";
import panel from "../panel.module.css";
import classes from "./run.module.css";

export function Downloads({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  if (run.files.length === 0) return null;
  return (
    <section className={panel.section} aria-label={t("files.title")}>
      <h3 className={panel.heading}>{t("files.title")}</h3>
      <ul className={classes.files}>
        {run.files.map(({ name, size_bytes }) => (
          <li key={name}>
            <Anchor
              href={fileAddress(run.id, name)}
              download
              size="xs"
              className={classes.file}
              data-testid={`download-${name}`}
            >
              <IconDownload size={14} />
              <span className={panel.ellipsis}>{name}</span>
              <span className={panel.faint}>{sizeText(size_bytes)}</span>
            </Anchor>
            <div className={classes.fileNote}>{t(`files.${name}`, { defaultValue: "" })}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}
