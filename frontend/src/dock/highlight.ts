/** Text in colours, line by line. The library and each language are fetched when first used. */
import type { LanguageFn } from "highlight.js";

export interface Token {
  text: string;
  /** What it is ("keyword", "string"); empty for plain text. */
  kind: string;
}

const LANGUAGES: { [extension: string]: () => Promise<{ default: LanguageFn }> } = {
  ".py": () => import("highlight.js/lib/languages/python"),
  ".json": () => import("highlight.js/lib/languages/json"),
  ".ipynb": () => import("highlight.js/lib/languages/json"),
  ".prototxt": () => import("highlight.js/lib/languages/protobuf"),
  ".pbtxt": () => import("highlight.js/lib/languages/protobuf"),
  ".yaml": () => import("highlight.js/lib/languages/yaml"),
  ".svg": () => import("highlight.js/lib/languages/xml"),
};

/** Longer texts stay plain: colours are not worth a page that stands still. */
const LONGEST = 300_000;

/** The lines of a text as tokens; null where its language has no colours. */
export async function highlight(text: string, extension: string): Promise<Token[][] | null> {
  const load = LANGUAGES[extension];
  if (!load || text.length > LONGEST) return null;
  const [{ default: library }, { default: language }] = await Promise.all([
    import("highlight.js/lib/core"),
    load(),
  ]);
  if (!library.getLanguage(extension)) library.registerLanguage(extension, language);
  return readLines(library.highlight(text, { language: extension }).value);
}

const ENTITIES: { [name: string]: string } = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" };

/** The library writes HTML; it is taken apart rather than put into the page. */
export function readLines(html: string): Token[][] {
  const lines: Token[][] = [[]];
  const open: string[] = [];
  for (const [part, kinds] of html.matchAll(/<span class="([^"]*)">|<\/span>|[^<]+/g)) {
    if (kinds !== undefined) open.push(/hljs-([\w]+)/.exec(kinds)?.[1] ?? "");
    else if (part === "</span>") open.pop();
    else {
      const plain = part.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name: string) => ENTITIES[name] ?? "");
      for (const [index, text] of plain.split("\n").entries()) {
        if (index > 0) lines.push([]);
        if (text !== "") lines.at(-1)?.push({ text, kind: open.at(-1) ?? "" });
      }
    }
  }
  return lines;
}
