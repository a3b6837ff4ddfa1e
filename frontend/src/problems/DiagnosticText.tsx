/** A diagnostic where it belongs: beside the field or the layer at fault, with its fix. */
import { Button } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Diagnostic, Fix } from "../wire/types";
import { wayText } from "./place";
import classes from "./problems.module.css";
import { SeverityIcon } from "./SeverityIcon";
import { fixLabel, fixReach, problemText } from "./translate";

interface DiagnosticTextProps {
  diagnostic: Diagnostic;
  onFix?: (fix: Fix) => void;
  /** Leads to the node at fault. */
  onShow?: (diagnostic: Diagnostic) => void;
}

export function DiagnosticText({ diagnostic, onFix, onShow }: DiagnosticTextProps) {
  const { t, i18n } = useTranslation("problems");
  const { message, hint } = problemText(diagnostic, i18n.language);
  const { fix } = diagnostic;
  const way = wayText(t, diagnostic);
  return (
    <div className={classes.note} data-severity={diagnostic.severity} data-code={diagnostic.code}>
      <SeverityIcon severity={diagnostic.severity} size={14} />
      <div className={classes.noteText}>
        {way === "" ? null : <span className={classes.way}>{way} </span>}
        {message} <span className={classes.hint}>{hint}</span>
        {onShow || (fix && onFix) ? (
          <div className={classes.noteActions}>
            {onShow ? (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => onShow(diagnostic)}
                data-testid="show-problem"
              >
                {t("show")}
              </Button>
            ) : null}
            {fix && onFix ? (
              <Button
                size="compact-xs"
                variant="light"
                leftSection={<IconWand size={12} />}
                onClick={() => onFix(fix)}
                className={classes.noteFix}
                title={fixReach(t, fix)}
                data-testid="apply-fix"
              >
                {fixLabel(t, fix)}
              </Button>
            ) : null}
          </div>
        ) : null}
      </div>
    </div>
  );
}
