/** What the network saw in an image, and how sure it is of each class. */
import { Loader } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Prediction } from "../events";
import panel from "../panel.module.css";
import { useSentence } from "../useSentence";
import classes from "./test.module.css";

interface PredictionCardProps {
  answer: Prediction | undefined;
  busy: boolean;
  /** The true class, where it is known. */
  truth: string | null;
  /** What was done to the image, where that is not for the server to say. */
  note?: string;
}

export function PredictionCard({ answer, busy, truth, note }: PredictionCardProps) {
  const say = useSentence();
  const { t } = useTranslation("runs");
  if (!answer && !busy) return null;
  const told = note ?? answer?.adapts?.map(say).join(" ");
  return (
    <div className={classes.prediction} aria-live="polite" aria-busy={busy} data-testid="prediction">
      <div className={classes.seen}>
        {answer ? (
          <img src={answer.image} alt={t("predict.seen")} className={classes.seenImage} />
        ) : (
          <div className={classes.seenImage} />
        )}
        {busy ? <Loader size="sm" className={classes.seenLoader} /> : null}
        <div className={panel.faint}>{t("predict.seen")}</div>
      </div>
      <div className={classes.answers}>
        {answer ? (
          <Answers answer={answer} truth={busy ? null : truth} />
        ) : (
          <div className={panel.muted}>{t("predict.busy")}</div>
        )}
      </div>
      {answer && told ? <div className={classes.predictionNote}>{told}</div> : null}
    </div>
  );
}

function Answers({ answer, truth }: { answer: Prediction; truth: string | null }) {
  const { t } = useTranslation("runs");
  const [first] = answer.top;
  if (!first) {
    return (
      <div className={classes.values} data-testid="prediction-values">
        {(answer.values ?? [])
          .slice(0, 20)
          .map((value) => value.toPrecision(4))
          .join(", ")}
      </div>
    );
  }
  const right = truth === first.label;
  return (
    <>
      {truth === null ? null : (
        <div className={classes.verdict} data-right={right} data-testid="verdict">
          {right ? <IconCheck size={14} /> : <IconX size={14} />}
          {right ? t("predict.right") : t("predict.wrong", { label: truth })}
        </div>
      )}
      <ol className={classes.bars}>
        {answer.top.map(({ label, index, probability }, rank) => (
          <li
            key={index}
            className={classes.bar}
            data-first={rank === 0 || undefined}
            data-testid={`prediction-${rank}`}
            data-label={label}
            data-probability={probability}
          >
            <span className={classes.barFill} style={{ width: `${probability * 100}%` }} />
            <span className={panel.ellipsis}>{label}</span>
            <span className={classes.barNumber}>{(probability * 100).toFixed(1)} %</span>
          </li>
        ))}
      </ol>
    </>
  );
}
