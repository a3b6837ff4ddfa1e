// No source file above 400 lines: a file that grows past it holds two ideas.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LIMIT = 400;
const root = fileURLToPath(new URL("../src", import.meta.url));
const faults = [];
for (const name of readdirSync(root, { recursive: true })) {
  if (!/\.(ts|tsx|css|mjs)$/.test(name)) continue;
  const lines = readFileSync(join(root, name), "utf8").split("\n").length - 1;
  if (lines > LIMIT) faults.push(`src/${name}: ${lines} lines, limit ${LIMIT}`);
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
