/** Networks as a table: a row opens, its menu renames, copies and deletes. */
import { ActionIcon, Highlight, Menu, Table, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconCopyPlus,
  IconDots,
  IconPencil,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { duplicateNetwork, networkPath } from "../dialogs";
import { ConfirmDelete } from "../dialogs/ConfirmDelete";
import { useFormat } from "../i18n/format";
import type { NetworkSummary } from "../wire/types";
import classes from "./home.module.css";
import type { Column, Order } from "./order";
import { RenameDialog } from "./RenameDialog";

interface NetworkTableProps {
  networks: readonly NetworkSummary[];
  query: string;
  order: Order;
  onOrder: (order: Order) => void;
}

const COLUMNS: Column[] = ["name", "layers", "weights", "updated"];

export function NetworkTable({ networks, query, order, onOrder }: NetworkTableProps) {
  const [renaming, setRenaming] = useState<NetworkSummary | null>(null);
  const [deleting, setDeleting] = useState<NetworkSummary | null>(null);
  const [asking, setAsking] = useState(false);

  if (networks.length === 0) return null;
  return (
    <>
      <Table
        className={classes.table}
        verticalSpacing={0}
        horizontalSpacing="sm"
        highlightOnHover
        data-testid="networks"
      >
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map((column) => (
              <Heading key={column} column={column} order={order} onOrder={onOrder} />
            ))}
            <Table.Th w={44} aria-hidden />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {networks.map((network) => (
            <Row
              key={network.id}
              network={network}
              query={query}
              onRename={() => setRenaming(network)}
              onDelete={() => {
                setDeleting(network);
                setAsking(true);
              }}
            />
          ))}
        </Table.Tbody>
      </Table>
      {renaming ? (
        <RenameDialog key={renaming.id} network={renaming} onClose={() => setRenaming(null)} />
      ) : null}
      <ConfirmDelete network={deleting} opened={asking} onClose={() => setAsking(false)} />
    </>
  );
}

interface HeadingProps {
  column: Column;
  order: Order;
  onOrder: (order: Order) => void;
}

function Heading({ column, order, onOrder }: HeadingProps) {
  const { t } = useTranslation("home");
  const active = order.by === column;
  const Icon = order.descending ? IconArrowDown : IconArrowUp;
  // Names begin at A, everything else with the largest or the latest.
  const next: Order = { by: column, descending: active ? !order.descending : column !== "name" };
  return (
    <Table.Th
      className={classes[column]}
      aria-sort={active ? (order.descending ? "descending" : "ascending") : undefined}
    >
      <UnstyledButton
        className={classes.heading}
        data-active={active || undefined}
        onClick={() => onOrder(next)}
      >
        {t(`column.${column}`)}
        {active ? <Icon size={12} /> : null}
      </UnstyledButton>
    </Table.Th>
  );
}

interface RowProps {
  network: NetworkSummary;
  query: string;
  onRename: () => void;
  onDelete: () => void;
}

const MARK = { background: "var(--vn-accent-soft)", color: "inherit" };

function Row({ network, query, onRename, onDelete }: RowProps) {
  const { t } = useTranslation("home");
  const format = useFormat();
  const [, navigate] = useLocation();
  const path = networkPath(network.id);
  return (
    <Table.Tr className={classes.row} onClick={() => navigate(path)} data-testid="network-row">
      <Table.Td className={classes.name}>
        {/* The row is a larger target for the same link. */}
        <Link href={path} className={classes.link} onClick={(event) => event.stopPropagation()}>
          <Highlight component="span" highlight={query} highlightStyles={MARK} className={classes.linkText}>
            {network.name}
          </Highlight>
        </Link>
        {/* On phones these two have no column of their own. */}
        <span className={classes.brief}>
          {network.weights === null ? "–" : format.count(network.weights)} · {format.ago(network.updated_at)}
        </span>
      </Table.Td>
      <Table.Td className={classes.layers}>{format.count(network.layers)}</Table.Td>
      <Table.Td className={classes.weights}>
        {network.weights === null ? "–" : format.count(network.weights)}
      </Table.Td>
      <Table.Td className={classes.updated}>
        <Tooltip label={format.moment(network.updated_at)}>
          <time dateTime={network.updated_at}>{format.ago(network.updated_at)}</time>
        </Tooltip>
      </Table.Td>
      <Table.Td className={classes.menu} onClick={(event) => event.stopPropagation()}>
        <Menu position="bottom-end" shadow="md" width={180}>
          <Menu.Target>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("more", { name: network.name })}
              data-testid="network-menu"
            >
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={onRename}>
              {t("rename")}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconCopyPlus size={15} />}
              onClick={() => void duplicateNetwork(network)}
            >
              {t("duplicate")}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item leftSection={<IconTrash size={15} />} color="red" onClick={onDelete}>
              {t("delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}
