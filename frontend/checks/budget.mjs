// What the browser must fetch before the editor can be used, when it is opened by its address: at most so much,
// compressed. Run after a build; what is loaded later (dialogs, menus, charts) does not count.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 350;
const PARTS = ["src/main.tsx", "src/i18n/languages/en.ts", "src/shell/Editor.tsx"];

const folder = fileURLToPath(new URL("../../static/dist/", import.meta.url));
if (!existsSync(`${folder}.vite/manifest.json`)) {
  console.error("There is no build to measure: run `npm run build`.");
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(`${folder}.vite/manifest.json`, "utf8"));

const chunks = new Set();
function follow(name) {
  if (chunks.has(name)) return;
  const chunk = manifest[name];
  if (!chunk) {
    console.error(`The build has no part ${name}: this check does not know what the editor loads.`);
    process.exit(1);
  }
  chunks.add(name);
  for (const imported of chunk.imports ?? []) follow(imported);
}
for (const part of PARTS) follow(part);

const files = new Set([...chunks].flatMap((name) => [manifest[name].file, ...(manifest[name].css ?? [])]));
const sizes = [...files].map((file) => [gzipSync(readFileSync(folder + file)).length / 1000, file]);
const total = sizes.reduce((sum, [size]) => sum + size, 0);
console.log(
  `The editor's first load: ${total.toFixed(1)} of ${LIMIT_KB} KB compressed, in ${files.size} files.`,
);
if (total > LIMIT_KB) {
  const largest = sizes.sort(([one], [other]) => other - one).slice(0, 10);
  console.error(
    `That is too much. The largest:\n${largest.map(([size, file]) => `  ${size.toFixed(1)} ${file}`).join("\n")}`,
  );
  process.exit(1);
}
