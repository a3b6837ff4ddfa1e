/**
 * Texts that a feature has in some languages only, since their original is the server's English:
 * `<feature>/translations/<language>.json`, or in parts as `<language>.<part>.json`; found by being there, fetched with
 * the language.
 */
type Texts = { [key: string]: unknown };

const files = import.meta.glob<Texts>("../*/translations/*.json", { import: "default" });
const known = new Map<string, Texts>();

const keyOf = (feature: string, language: string) => `${feature}/${language}`;

export async function loadExtraTexts(language: string): Promise<void> {
  const loaded = await Promise.all(
    Object.entries(files).map(async ([path, load]) => {
      const [, feature, of] = /^\.\.\/(\w+)\/translations\/([\w-]+)\.(?:\w+\.)?json$/.exec(path) ?? [];
      return feature && of === language ? { feature, texts: await load() } : null;
    }),
  );
  const whole = new Map<string, Texts>();
  for (const part of loaded) {
    if (!part) continue;
    const key = keyOf(part.feature, language);
    whole.set(key, joined(whole.get(key) ?? {}, part.texts));
  }
  for (const [key, texts] of whole) known.set(key, texts);
}

/** Parts of one feature's texts as one: what lies under the same key is put together. */
function joined(texts: Texts, more: Texts): Texts {
  const whole = { ...texts };
  for (const [key, value] of Object.entries(more)) {
    const before = whole[key];
    whole[key] = isTexts(before) && isTexts(value) ? { ...before, ...value } : value;
  }
  return whole;
}

const isTexts = (value: unknown): value is Texts => typeof value === "object" && value !== null;

/** A feature's texts in a language; undefined where there are none. Their type is the feature's own affair. */
export function extraTexts<T>(feature: string, language: string): T | undefined {
  return known.get(keyOf(feature, language)) as T | undefined;
}
