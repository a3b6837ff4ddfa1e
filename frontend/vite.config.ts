/** Vite: builds into the folder that Django serves, with a manifest for its template. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mantineStyles } from "./build/mantineStyles.ts";

const SERVER = process.env.VISUALNN_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig(({ command }) => ({
  plugins: [react(), mantineStyles(import.meta.dirname)],
  base: command === "build" ? "/static/dist/" : "/",
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    // Read by the server's page template: its entry is "src/main.tsx".
    manifest: true,
    rolldownOptions: { input: "src/main.tsx" },
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
