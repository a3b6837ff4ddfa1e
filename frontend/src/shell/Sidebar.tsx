/** The right side: the layer, training, testing. */
import { ActionIcon, ScrollArea, Tabs, Tooltip } from "@mantine/core";
import { IconLayoutSidebarRightCollapse } from "@tabler/icons-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Inspector } from "../inspector/Inspector";
import { type SidebarTab, useView } from "../state/view";
import { ErrorBoundary } from "./ErrorBoundary";
import { Loading } from "./Loading";
import { later } from "./later";
import classes from "./shell.module.css";

// Charts and their library are not needed to draw a network.
const TrainPanel = later(
  () => import("../runs/TrainPanel").then(({ TrainPanel }) => ({ default: TrainPanel })),
  "last",
);
const TestPanel = later(
  () => import("../runs/TestPanel").then(({ TestPanel }) => ({ default: TestPanel })),
  "last",
);

const TABS: [SidebarTab, () => React.ReactNode][] = [
  ["layer", () => <Inspector />],
  ["train", () => <TrainPanel />],
  ["test", () => <TestPanel />],
];

interface SidebarProps {
  /** Absent in a drawer, which has a button of its own. */
  onCollapse?: () => void;
}

export function Sidebar({ onCollapse }: SidebarProps) {
  const { t } = useTranslation("shell");
  const tab = useView((view) => view.sidebarTab);
  const showTab = useView((view) => view.showTab);
  return (
    <Tabs
      value={tab}
      onChange={(value) => showTab((value ?? "layer") as SidebarTab)}
      keepMounted={false}
      className={classes.tabs}
      classNames={{ tab: classes.tab, panel: classes.tabPanel }}
      data-testid="sidebar"
    >
      <Tabs.List grow aria-label={t("sidebar")}>
        {TABS.map(([name]) => (
          <Tabs.Tab key={name} value={name} data-testid={`tab-${name}`}>
            {t(`tab.${name}`)}
          </Tabs.Tab>
        ))}
        {onCollapse ? (
          <Tooltip label={t("collapse")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              m={6}
              onClick={onCollapse}
              aria-label={t("collapse")}
              data-testid="collapse-sidebar"
            >
              <IconLayoutSidebarRightCollapse size={16} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </Tabs.List>
      {TABS.map(([name, content]) => (
        <Tabs.Panel key={name} value={name}>
          <ScrollArea className={classes.tabScroll} type="hover" scrollbarSize={8}>
            <ErrorBoundary>
              <Suspense fallback={<Loading />}>{content()}</Suspense>
            </ErrorBoundary>
          </ScrollArea>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
