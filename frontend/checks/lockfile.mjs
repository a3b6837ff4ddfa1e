// The lock file must not say where packages come from: it names versions and hashes only.
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");
const lock = JSON.parse(text);
const faults = [];
for (const [path, entry] of Object.entries(lock.packages)) {
  if ("resolved" in entry) faults.push(`${path || "."}: has a "resolved" address`);
  if (path && !entry.link && !entry.integrity) faults.push(`${path}: has no integrity hash`);
}
if (faults.length > 0) {
  console.error(
    `package-lock.json:\n  ${faults.join("\n  ")}\nRun npm install with the .npmrc of this folder.`,
  );
  process.exit(1);
}
