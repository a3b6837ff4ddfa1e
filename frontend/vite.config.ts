/** Vite: builds into the folder that Django serves, with a manifest for its template. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mantineStyles } from "./build/mantineStyles.ts";

const SERVER = process.env.VISUALNN_SERVER ?? "http://127.0.0.1:8000";

// What the editor needs at once and dialogs share. In one piece it compresses better than in a hundred.
const SHARED = {
  name: "shared",
  test: (id: string) =>
    /\/src\/(document|state|wire|i18n\/[a-z]+\.ts|theme|problems\/(Diag|Sev|pla|trans\w+\.ts|use)|dialogs\/(net|notify))/.test(
      id,
    ) ||
    /\/src\/(editing\/(geo|ins|lay|uses)|palette\/(bl|entryOf|useA)|inspector\/(Facts|NodeRow|Section))/.test(
      id,
    ) ||
    /@mantine\/core\/esm\/components\/(UnstyledButton|Input|InputBase|Tooltip|ScrollArea|Tabs|Button|ActionIcon|Transition|CloseButton|Loader|Text|Group|Skeleton|Highlight)\//.test(
      id,
    ) ||
    /\/icons\/Icon(AlertCircle|Check|Chevron\w+|CloudOff|Copy|Dots|Eraser|FileImport|PlayerPlay|Stack2|Trash|X)\.m?js$/.test(
      id,
    ),
};

export default defineConfig(({ command }) => ({
  plugins: [react(), mantineStyles(import.meta.dirname)],
  base: command === "build" ? "/static/dist/" : "/",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    // Read by the server's page template: its entry is "src/main.tsx".
    manifest: true,
    rolldownOptions: { input: "src/main.tsx", output: { codeSplitting: { groups: [SHARED] } } },
    target: "es2022",
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: {
    proxy: {
      "/api": { target: SERVER },
      "/ws": { target: SERVER, ws: true },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
}));
