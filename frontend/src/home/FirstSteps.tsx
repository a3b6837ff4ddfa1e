/** Nothing has been made yet: the zoo's networks as starting points, a file, or an empty canvas. */
import { Button, Skeleton } from "@mantine/core";
import { IconFileImport, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useAction } from "../actions/hooks";
import { actionNamed } from "../actions/registry";
import { createNetwork, ErrorDetails } from "../dialogs";
import { ZooCardView } from "../dialogs/ZooCardView";
import { useLocalised } from "../i18n";
import { useZoo } from "../state/server";
import type { ZooCard } from "../wire/types";
import classes from "./home.module.css";

/** The rest is in the model zoo. */
const SHOWN = 3;

export function FirstSteps() {
  const { t } = useTranslation("home");
  const { data, error } = useZoo();
  const create = useAction(actionNamed("newNetwork"));
  const file = useAction(actionNamed("import"));
  return (
    <div className={classes.first} data-testid="first-steps">
      <h1 className={classes.firstTitle}>{t("first.title")}</h1>
      <p className={classes.firstText}>{t("first.text")}</p>
      {error ? <ErrorDetails error={error} /> : null}
      <div className={classes.firstCards}>
        {!data && !error
          ? ["a", "b", "c"].map((key) => <Skeleton key={key} height={280} radius="md" />)
          : null}
        {data?.slice(0, SHOWN).map((card) => (
          <ZooCardView key={card.name} card={card}>
            <Start card={card} />
          </ZooCardView>
        ))}
      </div>
      <div className={classes.firstActions}>
        <Button
          size="sm"
          variant="default"
          leftSection={<IconPlus size={15} />}
          onClick={create.run}
          data-testid="new-network"
        >
          {t("first.new")}
        </Button>
        <Button
          size="sm"
          variant="default"
          leftSection={<IconFileImport size={15} />}
          onClick={file.run}
          data-testid="home-import"
        >
          {t("import")}
        </Button>
      </div>
      <p className={classes.quiet}>{t("drop")}</p>
    </div>
  );
}

function Start({ card }: { card: ZooCard }) {
  const { t } = useTranslation("home");
  const localised = useLocalised();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    await createNetwork({ zoo: card.name }, navigate);
    setBusy(false);
  };
  const name = localised(card.title);
  return (
    <Button
      size="xs"
      fullWidth
      loading={busy}
      onClick={() => void start()}
      data-testid={`start-${card.name}`}
    >
      {t("open", { name })}
    </Button>
  );
}
