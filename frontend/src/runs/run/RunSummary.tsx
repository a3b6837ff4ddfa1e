/** One line on what a run is made of: optimizer, batch size, device, when. */
import { Tooltip, UnstyledButton } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Run } from "../../wire/runs";
import type { RunView } from "../events";
import { optimizerText } from "../labels";
import { agoText, clock } from "../measures";
import { useNow } from "../useNow";
import { useSentence } from "../useSentence";
import classes from "./run.module.css";

export function RunSummary({ run, view }: { run: Run; view: RunView }) {
  const { t, i18n } = useTranslation("runs");
  const say = useSentence();
  const now = useNow(30_000);
  const took =
    run.started_at && run.finished_at
      ? (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000
      : null;
  const parts = [
    optimizerText(run.recipe),
    t("summary.batch", { size: run.recipe.batch_size }),
    view.loss,
    view.device,
    took === null ? null : t("summary.took", { time: clock(took) }),
    agoText(run.created_at, now, i18n.language),
  ];
  const adapts = view.adapts.map(say).join(" ");
  return (
    <div className={classes.summary}>
      {parts.filter(Boolean).join(" · ")}
      {adapts !== "" ? (
        <Tooltip label={adapts} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
          <UnstyledButton className={classes.summaryMore} aria-label={adapts}>
            <IconInfoCircle size={14} stroke={1.7} />
          </UnstyledButton>
        </Tooltip>
      ) : null}
    </div>
  );
}
