/** The editor page of one network: palette, canvas, sidebar, problems. */
import { useDocumentTitle, useLocalStorage, useSplitter } from "@mantine/hooks";
import { Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useShortcuts } from "../actions/hooks";
import { Inside } from "../blocks/Inside";
import { Canvas } from "../canvas";
import { Dialogs } from "../dialogs";
import { useDock } from "../dock/store";
import { DocumentProvider, isEnding, useDocumentState, useGraphPart } from "../document";
import { Palette } from "../palette";
import { useActiveProgress } from "../runs";
import { useView } from "../state/view";
import { BottomBar } from "./BottomBar";
import { EmptyCanvas } from "./EmptyCanvas";
import { ErrorBoundary } from "./ErrorBoundary";
import { Loading } from "./Loading";
import { fetchAhead, later } from "./later";
import { Sidebar } from "./Sidebar";
import classes from "./shell.module.css";
import { Toolbar } from "./Toolbar";
import { Unavailable } from "./Unavailable";
import { useScreen } from "./useScreen";

// Only narrow windows have drawers.
const Breadcrumb = later(() => import("../blocks/Breadcrumb"));
const Dock = later(() => import("../dock/Dock"), "last");
const PanelDrawer = later(() => import("./PanelDrawer"));

export default function Editor({ id }: { id: string }) {
  return (
    <DocumentProvider id={id}>
      <Page />
    </DocumentProvider>
  );
}

function Page() {
  const { t } = useTranslation("shell");
  const { status, loaded } = useDocumentState();
  const name = useGraphPart((graph) => graph.name);
  const progress = useActiveProgress();
  const title = `${name || t("unnamed")} – VisualNN`;
  useDocumentTitle(progress === null ? title : `${Math.floor(progress * 100)} % · ${title}`);

  if (isEnding(status)) return <Unavailable reason={status} />;
  if (!loaded) return status === "offline" ? <Unavailable reason="offline" /> : <Loading />;
  return (
    <Inside>
      <Workspace />
    </Inside>
  );
}

const SIDEBAR = { default: "328px", min: "264px", max: "640px" } as const;

function Workspace() {
  useShortcuts();
  const { narrow } = useScreen();
  const paletteOpen = useView((view) => view.paletteOpen);
  const dockOpen = useDock((dock) => dock.tab !== null);
  const isInside = useView((view) => view.inside.length > 0);
  const sidebarOpen = useView((view) => view.sidebarOpen);
  const toggle = useView((view) => view.toggle);
  const [width, setWidth] = useLocalStorage<`${number}px`>({
    key: "visualnn.sidebar.width",
    defaultValue: SIDEBAR.default,
    getInitialValueInEffect: false,
  });
  const splitter = useSplitter<HTMLDivElement>({
    panels: [
      { defaultSize: 100, min: "200px" },
      { defaultSize: width, min: SIDEBAR.min, max: SIDEBAR.max },
    ],
    step: "8px",
    shiftStep: "40px",
    onResizeEnd: (_handle, sizes) => setWidth(sizes[1] as `${number}px`),
  });

  useEffect(() => void fetchAhead(), []);

  // Drawers lie over the canvas: none is open until asked for.
  useEffect(() => {
    toggle("paletteOpen", !narrow);
    toggle("sidebarOpen", !narrow);
  }, [narrow, toggle]);

  const closePalette = () => toggle("paletteOpen", false);
  return (
    <div className={classes.page}>
      <Toolbar />
      <div className={classes.body}>
        {!narrow && paletteOpen ? (
          <nav className={classes.palette}>
            <ErrorBoundary>
              <Palette onCollapse={closePalette} />
            </ErrorBoundary>
          </nav>
        ) : null}
        <div className={classes.split} ref={splitter.ref}>
          <main className={classes.centre}>
            <div className={classes.work}>
              <div className={classes.canvas}>
                <Canvas />
                <Suspense>{isInside ? <Breadcrumb /> : null}</Suspense>
                <EmptyCanvas />
              </div>
              <ErrorBoundary>
                <Suspense>{dockOpen ? <Dock /> : null}</Suspense>
              </ErrorBoundary>
            </div>
            <BottomBar />
          </main>
          {!narrow && sidebarOpen ? (
            <>
              <SplitHandle {...splitter.getHandleProps({ index: 0 })} />
              <aside className={classes.sidebar} style={{ width: splitter.sizes[1] }}>
                <Sidebar onCollapse={() => toggle("sidebarOpen", false)} />
              </aside>
            </>
          ) : null}
        </div>
      </div>
      {narrow ? (
        <Suspense>
          <PanelDrawer side="left" open={paletteOpen} onClose={closePalette}>
            <Palette onDone={closePalette} />
          </PanelDrawer>
          <PanelDrawer side="right" open={sidebarOpen} onClose={() => toggle("sidebarOpen", false)}>
            <Sidebar />
          </PanelDrawer>
        </Suspense>
      ) : null}
      <Dialogs />
    </div>
  );
}

type HandleProps = ReturnType<ReturnType<typeof useSplitter>["getHandleProps"]>;

function SplitHandle(handle: HandleProps) {
  const { t } = useTranslation("shell");
  const props = { ...handle, "aria-label": t("resizeSidebar") };
  return <div {...props} className={classes.handle} title={t("resizeSidebar")} />;
}
