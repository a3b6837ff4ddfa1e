/**
 * Mantine's styles for the components that the page uses, and no others: all of them would be a tenth of what a first
 * visit loads.
 *
 * `import "virtual:mantine-styles.css"` stands for the library's own `styles.css`, cut down. What is used is read from
 * the sources' imports and followed through the library's modules, each of which imports the style names it needs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const NAME = "virtual:mantine-styles.css";
/** Not from a component: what `global` and `baseline` are is said in the library's documentation. */
const ALWAYS = ["default-css-variables", "baseline", "global"];

const IMPORTS = /(?:import|export)\s*{([^}]*)}\s*from\s*"([^"]+)"/g;
const MODULES = /from\s*"(\.[^"]+\.mjs)"/g;

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

/** Names that files import from a package; types are among them and lead nowhere. */
function importedFrom(source: string, files: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const file of files)
    for (const [, list = "", from] of readFileSync(file, "utf8").matchAll(IMPORTS))
      if (from === source)
        for (const item of list.split(",")) names.add(item.replace(/^\s*type\s|\sas\s.*$/g, "").trim());
  names.delete("");
  return names;
}

/** The style files of the components that are used, in the library's order. */
export function usedStyles(root: string): string[] {
  const library = join(root, "node_modules/@mantine");
  const sources = filesBelow(join(root, "src"), /\.tsx?$/);
  const used = importedFrom("@mantine/core", sources);
  for (const name of readdirSync(library)) {
    if (
      name === "core" ||
      ![...sources].some((file) => readFileSync(file, "utf8").includes(`"@mantine/${name}"`))
    )
      continue;
    for (const component of importedFrom("@mantine/core", filesBelow(join(library, name, "esm"), /\.mjs$/)))
      used.add(component);
  }
  const index = join(library, "core/esm/index.mjs");
  const waiting: string[] = [];
  for (const [, list = "", from = ""] of readFileSync(index, "utf8").matchAll(IMPORTS))
    if (
      from.startsWith(".") &&
      list.split(",").some((item) => used.has(item.replace(/\sas\s.*$/, "").trim()))
    )
      waiting.push(join(dirname(index), from));
  const seen = new Set<string>();
  const styles = new Set(ALWAYS);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, from = ""] of readFileSync(file, "utf8").matchAll(MODULES)) {
      const style = /([^/]+)\.module\.mjs$/.exec(from)?.[1];
      if (style) styles.add(style);
      else waiting.push(join(dirname(file), from));
    }
  }
  const whole = readFileSync(join(library, "core/styles.css"), "utf8");
  const folder = join(library, "core/styles");
  const texts = [...styles].map((style) => readFileSync(join(folder, `${style}.css`), "utf8").trim());
  for (const text of texts)
    if (!whole.includes(text)) throw new Error("Mantine's styles.css is no longer the sum of its parts.");
  return texts.sort((a, b) => whole.indexOf(a) - whole.indexOf(b));
}

export function mantineStyles(root: string): Plugin {
  return {
    name: "mantine-styles",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? usedStyles(root).join("\n") : null),
  };
}
