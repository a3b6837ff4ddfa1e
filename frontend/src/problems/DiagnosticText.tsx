/** A diagnostic where it belongs: beside the field or the layer at fault, with its fix. */
import { Button } from "@mantine/core";
import { IconWand } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Diagnostic, Fix } from "../wire/types";
import classes from "./problems.module.css";
import { SeverityIcon } from "./SeverityIcon";
import { fixLabel, problemText } from "./translate";

interface DiagnosticTextProps {
  diagnostic: Diagnostic;
  onFix?: (fix: Fix) => void;
}

export function DiagnosticText({ diagnostic, onFix }: DiagnosticTextProps) {
  const { t, i18n } = useTranslation("problems");
  const { message, hint } = problemText(diagnostic, i18n.language);
  const { fix } = diagnostic;
  return (
    <div className={classes.note} data-severity={diagnostic.severity} data-code={diagnostic.code}>
      <SeverityIcon severity={diagnostic.severity} size={14} />
      <div className={classes.noteText}>
        {message} <span className={classes.hint}>{hint}</span>
        {fix && onFix ? (
          <Button
            size="compact-xs"
            variant="light"
            leftSection={<IconWand size={12} />}
            onClick={() => onFix(fix)}
            className={classes.noteFix}
            data-testid="apply-fix"
          >
            {fixLabel(t, fix)}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
