/** One category of the palette; open or closed as the user left it. */
import { UnstyledButton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLocalised } from "../i18n";
import type { CatalogEntry } from "../wire/types";
import { PaletteItem } from "./PaletteItem";
import classes from "./palette.module.css";
import type { PaletteSection } from "./sections";

interface CategoryProps {
  section: PaletteSection;
  disabled: boolean;
  onDone?: () => void;
}

type Choices = { [part: string]: boolean };
const NONE: Choices = {};

/** Whether a part is open, and how to change that; remembered in this browser. */
function useOpen(part: string, first: boolean): [open: boolean, toggle: () => void] {
  const [choices, setChoices] = useLocalStorage<Choices>({
    key: "visualnn.palette.open",
    defaultValue: NONE,
    getInitialValueInEffect: false,
  });
  const open = choices[part] ?? first;
  return [open, () => setChoices((known) => ({ ...known, [part]: !open }))];
}

export function Category({ section, disabled, onDone }: CategoryProps) {
  const { t } = useTranslation("palette");
  const localised = useLocalised();
  const [open, toggle] = useOpen(section.id, section.open);
  const [moreOpen, toggleMore] = useOpen(`${section.id}.more`, false);
  const id = `palette-${section.id}`;
  const items = (entries: CatalogEntry[]) =>
    entries.map((entry) => (
      <PaletteItem key={entry.id} entry={entry} query="" disabled={disabled} onDone={onDone} />
    ));
  return (
    <section className={classes.category} data-testid={`palette-category-${section.id}`}>
      <UnstyledButton
        className={classes.categoryHead}
        onClick={toggle}
        aria-expanded={open}
        aria-controls={id}
        tabIndex={-1}
        data-stop
      >
        <IconChevronRight size={12} className={classes.chevron} data-open={open || undefined} />
        {localised(section.label)}
        <span className={classes.count}>{section.entries.length + section.more.length}</span>
      </UnstyledButton>
      {open ? (
        <div id={id}>
          {items(section.entries)}
          {section.more.length > 0 ? (
            <UnstyledButton
              className={classes.more}
              onClick={toggleMore}
              aria-expanded={moreOpen}
              tabIndex={-1}
              data-stop
              data-testid={`${id}-more`}
            >
              {moreOpen ? t("less") : t("more", { count: section.more.length })}
            </UnstyledButton>
          ) : null}
          {moreOpen ? items(section.more) : null}
        </div>
      ) : null}
    </section>
  );
}
