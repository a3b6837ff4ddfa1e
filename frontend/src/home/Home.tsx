/** The user's networks: find, open, rename, copy, delete; or the first steps where there are none yet. */
import { Button, EmptyState, Pagination, Skeleton, TextInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconFileImport, IconLayoutGrid, IconPlus, IconSearch } from "@tabler/icons-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useAction, useShortcuts } from "../actions/hooks";
import { actionNamed } from "../actions/registry";
import { Dialogs, ErrorDetails } from "../dialogs";
import { Logo } from "../shell/Logo";
import { Preferences } from "../shell/Preferences";
import { useNetworks } from "../state/server";
import { FirstSteps } from "./FirstSteps";
import classes from "./home.module.css";
import { NetworkTable } from "./NetworkTable";
import { arrangeNetworks, type Order } from "./order";

const PAGE_SIZE = 50;

export default function Home() {
  const { t } = useTranslation("home");
  useShortcuts();
  useDocumentTitle(`${t("title")} – VisualNN`);
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <div className={classes.brand}>
          <Logo size={22} />
          <span className={classes.brandName}>VisualNN</span>
        </div>
        <Preferences />
      </header>
      <main className={classes.main}>
        <Networks />
      </main>
      <Dialogs />
    </div>
  );
}

function Networks() {
  const { t } = useTranslation("home");
  const { data, error, reload } = useNetworks();
  // Another tab may have changed the list since it was last shown.
  useEffect(() => {
    void reload();
  }, [reload]);

  if (data?.length === 0) return <FirstSteps />;
  if (!data && error) {
    return (
      <EmptyState title={t("failed")} mt="xl" role="alert">
        <ErrorDetails error={error} />
        <EmptyState.Actions>
          <Button size="xs" variant="default" onClick={() => void reload()}>
            {t("retry")}
          </Button>
        </EmptyState.Actions>
      </EmptyState>
    );
  }
  return <List />;
}

function List() {
  const { t } = useTranslation("home");
  const { data } = useNetworks();
  const [text, setText] = useState("");
  const query = useDeferredValue(text);
  const [order, setOrder] = useState<Order>({ by: "updated", descending: true });
  const [page, setPage] = useState(1);
  const found = useMemo(() => (data ? arrangeNetworks(data, query, order) : []), [data, query, order]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE));
  const at = Math.min(page, pages);

  return (
    <>
      <div className={classes.head}>
        <h1 className={classes.title}>{t("title")}</h1>
        <HeadActions />
      </div>
      <div className={classes.tools}>
        <TextInput
          size="sm"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setPage(1);
          }}
          placeholder={t("search")}
          aria-label={t("search")}
          leftSection={<IconSearch size={15} />}
          className={classes.search}
          data-testid="network-search"
        />
        <span className={classes.count} role="status">
          {data ? t("count", { count: found.length }) : ""}
        </span>
      </div>
      {data ? (
        <NetworkTable
          networks={found.slice((at - 1) * PAGE_SIZE, at * PAGE_SIZE)}
          query={query}
          order={order}
          onOrder={setOrder}
        />
      ) : (
        ["a", "b", "c", "d"].map((key) => <Skeleton key={key} height={44} my={8} radius="sm" />)
      )}
      {data && found.length === 0 ? (
        <EmptyState title={t("nothing", { query: query.trim() })} mt="xl">
          <EmptyState.Actions>
            <Button size="xs" variant="default" onClick={() => setText("")}>
              {t("clear")}
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : null}
      {pages > 1 ? (
        <Pagination
          total={pages}
          value={at}
          onChange={setPage}
          size="sm"
          mt="md"
          getItemProps={(number) => ({ "aria-label": t("page", { page: number }) })}
        />
      ) : null}
    </>
  );
}

function HeadActions() {
  const { t } = useTranslation("home");
  const create = useAction(actionNamed("newNetwork"));
  const zoo = useAction(actionNamed("zoo"));
  const file = useAction(actionNamed("import"));
  return (
    <div className={classes.actions}>
      <Button
        size="sm"
        variant="default"
        leftSection={<IconFileImport size={15} />}
        onClick={file.run}
        data-testid="home-import"
      >
        {t("import")}
      </Button>
      <Button
        size="sm"
        variant="default"
        leftSection={<IconLayoutGrid size={15} />}
        onClick={zoo.run}
        data-testid="home-zoo"
      >
        {t("zoo")}
      </Button>
      <Button size="sm" leftSection={<IconPlus size={15} />} onClick={create.run} data-testid="new-network">
        {t("new")}
      </Button>
    </div>
  );
}
