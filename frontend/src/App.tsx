/** The application: look, notifications, and which page an address shows. */
import { MantineProvider } from "@mantine/core";
import { useNotifications } from "@mantine/notifications";
import { lazy, Suspense, useEffect, useState } from "react";
import { Route, Switch } from "wouter";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { Loading } from "./shell/Loading";
import { theme } from "./theme/theme";

// The list of networks needs none of the editor's weight.
const Editor = lazy(() => import("./shell/Editor"));
const Home = lazy(() => import("./home/Home"));
const Notices = lazy(() => import("./shell/Notices"));

/** Most visits end without a notice. */
function NoticesWhenNeeded() {
  const { notifications } = useNotifications();
  const [needed, setNeeded] = useState(false);
  useEffect(() => {
    if (notifications.length > 0) setNeeded(true);
  }, [notifications]);
  return <Suspense>{needed ? <Notices /> : null}</Suspense>;
}

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <NoticesWhenNeeded />
      <ErrorBoundary>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/networks/:id">{({ id }) => <Editor key={id} id={id} />}</Route>
            <Route>
              <Home />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </MantineProvider>
  );
}
