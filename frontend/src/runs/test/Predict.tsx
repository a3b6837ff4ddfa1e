/** Asks a trained network what it sees in an image: one of the test set, a file, the clipboard, or a drawing. */
import { Button, FileButton, SegmentedControl } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Dataset, Run } from "../../wire/runs";
import { imageOf, predictImage, type Sample } from "../api";
import type { RunView } from "../events";
import { Failure } from "../Failure";
import { shapeText } from "../measures";
import panel from "../panel.module.css";
import { DrawPad } from "./DrawPad";
import { drawableSide } from "./drawing";
import { useJob } from "./jobs";
import { PredictionCard } from "./PredictionCard";
import { Samples } from "./Samples";
import classes from "./test.module.css";

interface PredictProps {
  run: Run;
  view: RunView;
  dataset: Dataset | undefined;
}

type Source = "samples" | "file" | "draw";

/** What was asked, so that the answer can be set beside it. */
interface Asked {
  /** The true class, where it is known. */
  label: string | null;
  /** Which sample of the test set it was. */
  sample: number | null;
  /** Drawn by hand: the page itself has fitted it to the samples. */
  drawn?: boolean;
}

const NOTHING: Asked = { label: null, sample: null };

export function Predict({ run, view, dataset }: PredictProps) {
  const { t } = useTranslation("runs");
  const [source, setSource] = useState<Source>("samples");
  const [asked, setAsked] = useState<Asked>(NOTHING);
  const [over, setOver] = useState(false);
  const reset = useRef<() => void>(null);
  const { job, busy, error, ask, clear, forget } = useJob((id) =>
    view.predictions.some((answer) => answer.job === id),
  );
  const answer = view.predictions.find((prediction) => prediction.job === job);

  const send = useCallback(
    (image: Blob, of: Asked = NOTHING) => {
      setAsked(of);
      void ask(() => predictImage(run.id, image));
    },
    [ask, run.id],
  );
  /** An answer goes with its picture: no other one, and no empty pad, stands above it. */
  const startAnew = () => {
    setAsked(NOTHING);
    forget();
  };
  const sendSample = (sample: Sample) => send(imageOf(sample), { label: sample.label, sample: sample.index });
  const sendFirst = (files: Iterable<File> | null | undefined) => {
    const [file] = files ?? [];
    if (file) send(file);
  };

  useEffect(() => {
    const onPaste = ({ clipboardData }: ClipboardEvent) => {
      const image = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
      if (image) send(image);
    };
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, [send]);

  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(event.type === "dragover");
    if (event.type === "drop") sendFirst(event.dataTransfer.files);
  };
  if (dataset?.kind === "tokens") return null;
  const side = dataset ? drawableSide(dataset) : null;
  const sources: Source[] = side !== null ? ["samples", "draw", "file"] : ["samples", "file"];

  return (
    <section
      className={`${panel.section} ${panel.drop}`}
      aria-label={t("predict.title")}
      data-over={over || undefined}
      onDragOver={onDrag}
      onDragLeave={onDrag}
      onDrop={onDrag}
    >
      <div className={panel.spread}>
        <h3 className={panel.heading}>{t("predict.title")}</h3>
        <FileButton
          accept="image/*"
          onChange={(file) => {
            reset.current?.();
            if (file) send(file);
          }}
          resetRef={reset}
          inputProps={{ ...{ "data-testid": "predict-file" }, "aria-label": t("predict.choose") }}
        >
          {(props) => (
            <Button
              {...props}
              size="compact-xs"
              variant="subtle"
              color="gray"
              leftSection={<IconUpload size={13} />}
            >
              {t("predict.choose")}
            </Button>
          )}
        </FileButton>
      </div>
      <SegmentedControl
        size="xs"
        fullWidth
        value={source}
        onChange={(value) => {
          setSource(value as Source);
          startAnew();
        }}
        data={sources.map((value) => ({ value, label: t(`predict.${value}`) }))}
        aria-label={t("predict.source")}
      />
      {source === "samples" ? <Samples run={run} chosen={asked.sample} onChoose={sendSample} /> : null}
      {source === "draw" && side !== null ? (
        <DrawPad
          key={side}
          side={side}
          onDrawn={(image) => send(image, { ...NOTHING, drawn: true })}
          onCleared={startAnew}
        />
      ) : null}
      {source === "file" ? <div className={classes.dropHint}>{t("predict.dropHint")}</div> : null}
      {error ? <Failure error={error} onClose={clear} /> : null}
      <PredictionCard
        answer={answer}
        busy={busy}
        truth={asked.label}
        note={asked.drawn ? t("draw.fitted", { size: shapeText([side, side]) }) : undefined}
      />
    </section>
  );
}
