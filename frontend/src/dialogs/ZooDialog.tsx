/** Ready-made networks: look, choose, open as a new network or put into the one that is open. */

import { Button, EmptyState, Menu, Modal, Skeleton, TextInput } from "@mantine/core";
import { IconChevronDown, IconSearch } from "@tabler/icons-react";
import { useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { DocumentContext } from "../document";
import { useLocalised } from "../i18n";
import { useZoo } from "../state/server";
import { toApiError } from "../wire/client";
import type { ZooCard } from "../wire/types";
import type { DialogProps } from "./dialog";
import classes from "./dialogs.module.css";
import { ErrorDetails } from "./ErrorDetails";
import { createNetwork } from "./networks";
import { fail } from "./notify";
import { ZooCardView } from "./ZooCardView";
import { fetchZooGraph, place } from "./zoo";

/** With fewer, a search only takes room. */
const SEARCH_FROM = 5;

function answers({ name, title, summary, categories, dataset }: ZooCard, query: string): boolean {
  const texts = [name, title.en, title.zh, summary.en, summary.zh, dataset ?? "", ...categories];
  return texts.some((text) => text.toLowerCase().includes(query.trim().toLowerCase()));
}

export default function ZooDialog({ opened, onClose }: DialogProps) {
  const { t } = useTranslation("dialogs");
  const { data, error, reload } = useZoo();
  const [query, setQuery] = useState("");
  const shown = data?.filter((card) => answers(card, query)) ?? [];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("zoo.title")}
      size="xl"
      closeButtonProps={{ "aria-label": t("close") }}
    >
      {data && data.length >= SEARCH_FROM ? (
        <TextInput
          size="sm"
          mb="md"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          placeholder={t("zoo.search")}
          aria-label={t("zoo.search")}
          leftSection={<IconSearch size={15} />}
          data-autofocus
        />
      ) : null}
      {error ? (
        <EmptyState title={t("zoo.failed")}>
          <ErrorDetails error={error} />
          <EmptyState.Actions>
            <Button size="xs" variant="default" onClick={() => void reload()}>
              {t("retry")}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : null}
      <div className={classes.cards}>
        {!data && !error
          ? ["a", "b", "c"].map((key) => <Skeleton key={key} height={260} radius="md" />)
          : null}
        {shown.map((card) => (
          <ZooCardView key={card.name} card={card}>
            <Choices card={card} onClose={onClose} />
          </ZooCardView>
        ))}
      </div>
      {data && shown.length === 0 ? <EmptyState title={t("zoo.nothing", { query })} /> : null}
    </Modal>
  );
}

/** What can be done with a card depends on what is open. */
function Choices({ card, onClose }: { card: ZooCard; onClose: () => void }) {
  const { t } = useTranslation("dialogs");
  const localised = useLocalised();
  const [, navigate] = useLocation();
  const document = useContext(DocumentContext);
  const [busy, setBusy] = useState(false);

  const during = async (work: Promise<void>) => {
    setBusy(true);
    await work;
    setBusy(false);
    onClose();
  };
  const openNew = () => during(createNetwork({ zoo: card.name }, navigate));
  const put = async (how: "insert" | "replace") => {
    try {
      const graph = await fetchZooGraph(card.name);
      if (document) place(document, graph, how);
    } catch (error) {
      fail(t("zoo.failed"), toApiError(error));
    }
  };
  const title = localised(card.title);
  const testId = `zoo-open-${card.name}`;
  if (!document?.editable) {
    return (
      <Button
        size="xs"
        fullWidth
        loading={busy}
        onClick={() => void openNew()}
        data-testid={testId}
        aria-label={t("zoo.openNamed", { name: title })}
      >
        {t("zoo.open")}
      </Button>
    );
  }
  // An empty network has nothing to lose: the card goes into it.
  const empty = document.graph.nodes.size === 0;
  const first = empty ? () => during(put("replace")) : openNew;
  return (
    <Button.Group>
      <Button
        size="xs"
        flex={1}
        loading={busy}
        onClick={() => void first()}
        data-testid={testId}
        aria-label={t("zoo.openNamed", { name: title })}
      >
        {t(empty ? "zoo.useHere" : "zoo.openNew")}
      </Button>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button
            size="xs"
            px={6}
            disabled={busy}
            aria-label={t("zoo.more", { name: title })}
            className={classes.splitButton}
          >
            <IconChevronDown size={14} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {empty ? <Menu.Item onClick={() => void openNew()}>{t("zoo.openNew")}</Menu.Item> : null}
          {empty ? null : (
            <>
              <Menu.Item onClick={() => void during(put("insert"))}>{t("zoo.insert")}</Menu.Item>
              <Menu.Item onClick={() => void during(put("replace"))}>{t("zoo.replace")}</Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}
