/** The panel beside the canvas: code, figure, help. */
import { ActionIcon, CopyButton, NativeSelect, SegmentedControl, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useInLanguage } from "../state/formats";
import { useFormats } from "../state/server";
import { CodePane } from "./CodePane";
import classes from "./dock.module.css";
import { FigurePane } from "./FigurePane";
import { HelpPane } from "./HelpPane";
import { type DockTab, useDock } from "./store";

const TABS: DockTab[] = ["code", "figure", "help"];
/** Those that people read; figures have a tab of their own. */
const isReadable = ({ writes, text, runtime, name }: TextFormat) =>
  writes && text && !runtime && !name.endsWith("_svg");
type TextFormat = { writes: boolean; text?: boolean; runtime?: string; name: string };

export default function Dock() {
  const { t } = useTranslation("dock");
  const { tab, format: wanted, show, choose } = useDock();
  const formats = useInLanguage(useFormats().data?.filter(isReadable) ?? []);
  const format = formats.find(({ name }) => name === wanted) ?? formats[0];
  const [text, setText] = useState("");
  if (tab === null) return null;
  return (
    <section className={classes.dock} aria-label={t("title")} data-testid="dock">
      <header className={classes.head}>
        <SegmentedControl
          size="xs"
          value={tab}
          onChange={(value) => show(value as DockTab)}
          data={TABS.map((value) => ({ value, label: t(value) }))}
          aria-label={t("title")}
        />
        {tab === "code" ? (
          <>
            <NativeSelect
              size="xs"
              className={classes.format}
              value={format?.name}
              onChange={(event) => choose(event.currentTarget.value)}
              data={formats.map(({ name, label }) => ({ value: name, label }))}
              aria-label={t("format")}
              data-testid="code-format"
            />
            <CopyButton value={text}>
              {({ copied, copy }) => (
                <Tooltip label={t(copied ? "copied" : "copy")}>
                  <ActionIcon variant="subtle" color="gray" size={26} onClick={copy} aria-label={t("copy")}>
                    {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
                  </ActionIcon>
                </Tooltip>
              )}
            </CopyButton>
          </>
        ) : (
          <span className={classes.spacer} />
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          size={26}
          onClick={() => show(null)}
          aria-label={t("close")}
          data-testid="close-dock"
        >
          <IconX size={15} />
        </ActionIcon>
      </header>
      {tab === "code" && format ? <CodePane key={format.name} format={format} onText={setText} /> : null}
      {tab === "figure" ? <FigurePane /> : null}
      {tab === "help" ? <HelpPane /> : null}
    </section>
  );
}
