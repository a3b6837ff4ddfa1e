/**
 * Texts that a feature has in some languages only, since their original is the server's English:
 * `<feature>/translations/<language>.json`, found by being there, fetched with the language.
 */
const files = import.meta.glob<unknown>("../*/translations/*.json", { import: "default" });
const known = new Map<string, unknown>();

const keyOf = (feature: string, language: string) => `../${feature}/translations/${language}.json`;

export async function loadExtraTexts(language: string): Promise<void> {
  const wanted = Object.entries(files).filter(([path]) => path.endsWith(`/${language}.json`));
  await Promise.all(wanted.map(async ([path, load]) => known.set(path, await load())));
}

/** A feature's texts in a language; undefined where there are none. Their type is the feature's own affair. */
export function extraTexts<T>(feature: string, language: string): T | undefined {
  return known.get(keyOf(feature, language)) as T | undefined;
}
