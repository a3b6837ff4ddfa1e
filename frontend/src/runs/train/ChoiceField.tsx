/** One of the optimizers or losses, each with its sentence; where `automatic` is given, the server may choose. */
import { Select } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { RecipeChoice } from "../../wire/runs";
import { Labelled } from "./Setting";
import classes from "./train.module.css";

interface ChoiceFieldProps {
  label: string;
  help: string;
  choices: readonly RecipeChoice[];
  /** The text of leaving it to the server; absent where that is no choice. */
  automatic?: string;
  /** null: left to the server. */
  value: string | null;
  onChange: (name: string | null) => void;
  testId: string;
}

/** Stands for null in the list. No choice of the server has an empty name. */
const AUTOMATIC = "";

export function ChoiceField({ label, help, choices, automatic, value, onChange, testId }: ChoiceFieldProps) {
  const { t } = useTranslation("runs");
  const id = useId();
  const summaries = new Map(choices.map(({ name, summary }) => [name, summary]));
  const names = choices.map(({ name }) => ({ value: name, label: name }));
  return (
    <Labelled label={label} help={help} htmlFor={id}>
      <Select
        id={id}
        size="xs"
        data={automatic === undefined ? names : [{ value: AUTOMATIC, label: automatic }, ...names]}
        value={value ?? AUTOMATIC}
        onChange={(name) => name !== null && onChange(name === AUTOMATIC ? null : name)}
        renderOption={({ option }) => (
          <div className={classes.option}>
            <div>{option.label}</div>
            <div className={classes.optionNote}>
              {option.value === AUTOMATIC
                ? t("loss.automaticNote")
                : t(`about.${option.value}`, { defaultValue: summaries.get(option.value) ?? "" })}
            </div>
          </div>
        )}
        allowDeselect={false}
        comboboxProps={{ shadow: "md", width: "max-content", position: "bottom-start" }}
        maxDropdownHeight={320}
        data-testid={testId}
      />
    </Labelled>
  );
}
