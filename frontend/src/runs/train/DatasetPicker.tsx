/** Chooses a data set and shows what is in it; unavailable ones say why. */
import { Badge, Select, Skeleton } from "@mantine/core";
import { IconCloudOff, IconDatabase, IconPhoto, IconTextCaption, IconVector } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocalised } from "../../i18n";
import type { Dataset } from "../../wire/runs";
import { countText, shapeText } from "../measures";
import panel from "../panel.module.css";
import { useSentence } from "../useSentence";
import classes from "./train.module.css";

const ICONS = { image: IconPhoto, vector: IconVector, tokens: IconTextCaption };

interface DatasetPickerProps {
  datasets: Dataset[] | null;
  value: string | null;
  onChange: (name: string) => void;
}

export function DatasetPicker({ datasets, value, onChange }: DatasetPickerProps) {
  const { t } = useTranslation("runs");
  const localised = useLocalised();
  if (!datasets) return <Skeleton height={30} aria-label={t("loading")} />;
  const items = (list: Dataset[]) =>
    list.map((dataset) => ({ value: dataset.name, label: localised(dataset.title) }));
  const own = datasets.filter(({ owned }) => owned);
  const shared = datasets.filter(({ owned }) => !owned);
  const byName = new Map(datasets.map((dataset) => [dataset.name, dataset]));
  const chosen = byName.get(value ?? "");
  return (
    <Select
      size="xs"
      aria-label={t("data.choose")}
      placeholder={t("data.choose")}
      data={
        own.length > 0
          ? [
              { group: t("data.own"), items: items(own) },
              { group: t("data.builtIn"), items: items(shared) },
            ]
          : items(shared)
      }
      value={chosen ? value : null}
      onChange={(name) => name && onChange(name)}
      renderOption={({ option }) => {
        const dataset = byName.get(option.value);
        return dataset ? <DatasetOption dataset={dataset} /> : option.label;
      }}
      leftSection={chosen ? <DatasetIcon dataset={chosen} /> : <IconDatabase size={14} />}
      allowDeselect={false}
      comboboxProps={{ shadow: "md" }}
      maxDropdownHeight={360}
      data-testid="dataset"
    />
  );
}

function DatasetIcon({ dataset }: { dataset: Dataset }) {
  const Icon = dataset.available ? ICONS[dataset.kind] : IconCloudOff;
  return <Icon size={15} stroke={1.7} />;
}

function DatasetOption({ dataset }: { dataset: Dataset }) {
  const say = useSentence();
  const localised = useLocalised();
  return (
    <div
      className={classes.datasetOption}
      data-available={dataset.available}
      data-testid={`dataset-${dataset.name}`}
    >
      <DatasetIcon dataset={dataset} />
      <div className={classes.option}>
        <div>{localised(dataset.title)}</div>
        <div className={classes.optionNote}>
          {dataset.available ? <DatasetSummary dataset={dataset} /> : say(dataset.message)}
        </div>
      </div>
    </div>
  );
}

function DatasetSummary({ dataset }: { dataset: Dataset }) {
  const { t, i18n } = useTranslation("runs");
  const parts = [
    shapeText(dataset.input_shape),
    dataset.classes ? t("data.classes", { count: dataset.classes.length }) : null,
    dataset.train === null ? null : t("data.examples", { number: countText(dataset.train, i18n.language) }),
  ];
  return <>{parts.filter((part) => part !== null).join(" · ")}</>;
}

/** Shape, classes and sizes of the chosen data set, and where it comes from. */
export function DatasetFacts({ dataset }: { dataset: Dataset }) {
  const say = useSentence();
  const { t, i18n } = useTranslation("runs");
  const number = (count: number | null) => (count === null ? "?" : countText(count, i18n.language));
  if (!dataset.available) {
    return (
      <div className={panel.notice} data-tone="warning" role="status" data-testid="dataset-unavailable">
        <IconCloudOff size={16} stroke={1.7} className={panel.noticeIcon} />
        <div>{dataset.message ? say(dataset.message) : t("data.unavailable")}</div>
      </div>
    );
  }
  return (
    <div className={classes.facts} data-testid="dataset-facts">
      <Badge size="sm" variant="default" tt="none" fw={500} radius="sm">
        {shapeText(dataset.input_shape)}
      </Badge>
      {dataset.classes ? (
        <Badge
          size="sm"
          variant="default"
          tt="none"
          fw={500}
          radius="sm"
          title={dataset.classes.slice(0, 40).join(", ")}
        >
          {t("data.classes", { count: dataset.classes.length })}
        </Badge>
      ) : null}
      <Badge size="sm" variant="default" tt="none" fw={500} radius="sm">
        {t("data.sizes", { train: number(dataset.train), test: number(dataset.test) })}
      </Badge>
      {dataset.message ? <span className={classes.source}>{say(dataset.message)}</span> : null}
      {dataset.source ? <span className={classes.source}>{dataset.source}</span> : null}
    </div>
  );
}
