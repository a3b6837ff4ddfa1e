/** Starts the page. */
import "virtual:mantine-styles.css";
import "./theme/theme.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { startI18n } from "./i18n";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no element #root.");

await startI18n();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
