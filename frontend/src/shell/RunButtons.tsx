/** Train and Test: the two steps after drawing. Training says why it cannot start. */
import { Button, Tooltip } from "@mantine/core";
import { IconFlask, IconPlayerPlay } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { showProblem } from "../problems";
import { problemsOf, useAnalysis } from "../state/analysis";
import { useView } from "../state/view";
import classes from "./toolbar.module.css";
import { useTrainable } from "./useTrainable";

/** Where training is refused, a press leads to the reason. */
function showFirstError(): void {
  const first = problemsOf(useAnalysis.getState().diagnostics).find(({ severity }) => severity === "error");
  if (!first) return;
  useView.getState().toggle("problemsOpen", true);
  showProblem(first);
}

export function RunButtons({ labelled }: { labelled: boolean }) {
  const { t } = useTranslation("shell");
  const id = useId();
  const showTab = useView((view) => view.showTab);
  const { reason } = useTrainable();
  return (
    <div className={classes.runs}>
      <Tooltip
        label={reason ?? t("trainHelp")}
        multiline
        maw={300}
        events={{ hover: true, focus: true, touch: true }}
      >
        <Button
          size="xs"
          onClick={reason === null ? () => showTab("train") : showFirstError}
          // Not `disabled`: who cannot press it must still reach it and read why.
          data-disabled={reason !== null || undefined}
          aria-disabled={reason !== null}
          leftSection={labelled ? <IconPlayerPlay size={14} /> : undefined}
          aria-describedby={id}
          aria-label={labelled ? undefined : t("train")}
          data-testid="button-train"
        >
          {labelled ? t("train") : <IconPlayerPlay size={15} />}
        </Button>
      </Tooltip>
      <span id={id} className={classes.unseen}>
        {reason ?? t("trainHelp")}
      </span>
      <Tooltip label={t("testHelp")} multiline maw={300}>
        <Button
          size="xs"
          variant="default"
          onClick={() => showTab("test")}
          leftSection={labelled ? <IconFlask size={14} /> : undefined}
          aria-label={labelled ? undefined : t("test")}
          data-testid="button-test"
        >
          {labelled ? t("test") : <IconFlask size={15} />}
        </Button>
      </Tooltip>
    </div>
  );
}
