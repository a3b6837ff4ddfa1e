/** The bar on top: what this is, what can be done with it, what it costs, and what is next. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { IconDots, IconLayoutSidebar, IconLayoutSidebarRight } from "@tabler/icons-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { actionNamed, actionsIn } from "../actions/registry";
import { useDocumentState } from "../document";
import { RunIndicator } from "../runs";
import { useView } from "../state/view";
import { ActionButton } from "./ActionButton";
import { FileMenu } from "./FileMenu";
import { Logo } from "./Logo";
import { later } from "./later";
import { MenuButton } from "./MenuButton";
import { NetworkName } from "./NetworkName";
import { Peers } from "./Peers";
import { Preferences } from "./Preferences";
import { ProblemCount } from "./ProblemCount";
import { RunButtons } from "./RunButtons";
import { SaveStatus } from "./SaveStatus";
import { Totals } from "./Totals";
import classes from "./toolbar.module.css";
import { useScreen } from "./useScreen";

const MoreItems = later(() => import("./MoreItems"));

export function Toolbar() {
  const { t } = useTranslation("shell");
  const { narrow, phone, tight, roomy } = useScreen();
  const paletteOpen = useView((view) => view.paletteOpen);
  const sidebarOpen = useView((view) => view.sidebarOpen);
  return (
    <header className={classes.toolbar} data-testid="toolbar">
      <Tooltip label={t("home")}>
        <Link href="/" className={classes.brand} aria-label={t("home")} data-testid="home-link">
          <Logo size={22} />
        </Link>
      </Tooltip>
      {narrow || !paletteOpen ? <PanelButton panel="paletteOpen" /> : null}
      <div className={classes.title}>
        <NetworkName />
        <SaveStatus wordy={roomy} />
      </div>
      {narrow ? null : (
        <>
          <FileMenu />
          {tight ? null : <ActionButton action={actionNamed("zoo")} look="quiet" />}
        </>
      )}
      {narrow ? <HistoryButtons /> : <ToolbarActions without={tight ? ["view"] : []} />}
      <div className={classes.spacer} />
      {phone ? null : <RunIndicator />}
      {narrow ? null : <Peers />}
      {phone ? null : <Totals labelled={roomy} />}
      {phone ? null : <ProblemCount />}
      {narrow ? <MoreMenu /> : <Preferences />}
      <RunButtons labelled={!phone} />
      {narrow || !sidebarOpen ? <PanelButton panel="sidebarOpen" /> : null}
    </header>
  );
}

/** Undo, redo, arrange, fit and whatever else asks for a place here. */
function ToolbarActions({ without }: { without: readonly string[] }) {
  return actionsIn("toolbar")
    .filter(({ group }) => !without.includes(group))
    .map(({ group, actions }) => (
      <Fragment key={group}>
        <span className={classes.divider} aria-hidden />
        <ActionGroup actions={actions} />
      </Fragment>
    ));
}

function HistoryButtons() {
  return <ActionGroup actions={[actionNamed("undo"), actionNamed("redo")]} />;
}

function ActionGroup({ actions }: { actions: ReturnType<typeof actionNamed>[] }) {
  const { t, i18n } = useTranslation("shell");
  const { history } = useDocumentState();
  /** What undo would undo, where the step has a name. */
  const hintOf = (id: string) => {
    const step = id === "undo" ? history.undo : id === "redo" ? history.redo : null;
    return step && i18n.exists(step) ? t(`history.${id}`, { step: t(step) }) : undefined;
  };
  return actions.map((action) => <ActionButton key={action.id} action={action} hint={hintOf(action.id)} />);
}

/** What has no room of its own in a narrow window. */
function MoreMenu() {
  const { t } = useTranslation("shell");
  return (
    <MenuButton label={t("more")} position="bottom-end" width={240} items={<MoreItems />}>
      {(target) => (
        <ActionIcon
          {...target}
          variant="subtle"
          color="gray"
          size={30}
          aria-label={t("more")}
          data-testid="more-menu"
        >
          <IconDots size={17} />
        </ActionIcon>
      )}
    </MenuButton>
  );
}

function PanelButton({ panel }: { panel: "paletteOpen" | "sidebarOpen" }) {
  const { t } = useTranslation("shell");
  const open = useView((view) => view[panel]);
  const toggle = useView((view) => view.toggle);
  const label = t(panel === "paletteOpen" ? "showPalette" : "showSidebar");
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        onClick={() => toggle(panel)}
        aria-label={label}
        aria-expanded={open}
        data-testid={panel === "paletteOpen" ? "open-palette" : "open-sidebar"}
      >
        {panel === "paletteOpen" ? <IconLayoutSidebar size={17} /> : <IconLayoutSidebarRight size={17} />}
      </ActionIcon>
    </Tooltip>
  );
}
