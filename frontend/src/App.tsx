/** The application: look, notifications, and which page an address shows. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { lazy, Suspense } from "react";
import { Route, Switch } from "wouter";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { Loading } from "./shell/Loading";
import { theme } from "./theme/theme";

// The list of networks needs none of the editor's weight.
const Editor = lazy(() => import("./shell/Editor"));
const Home = lazy(() => import("./home/Home"));

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Notifications position="bottom-center" limit={3} />
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
