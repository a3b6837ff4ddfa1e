/**
 * The server's plain sentences (how data were fitted, what a worker is doing, why a run failed) in the page's language.
 *
 * They come as English text without code or values. `sentences/<language>.json` pairs English templates with
 * translations; a sentence that fits no template stays as the server wrote it.
 */

interface Translation {
  sentences: { [template: string]: string };
  /** Values that are words. */
  words: { [english: string]: string };
}

interface Pair {
  pattern: RegExp;
  translated: string;
}

const files = import.meta.glob<Translation>("./sentences/*.json", { eager: true, import: "default" });
const compiled = new Map<string, Pair[]>();

const PLACE = /{(\w+)}/g;

function pairsOf(language: string): Pair[] {
  let pairs = compiled.get(language);
  if (!pairs) {
    pairs = Object.entries(files[`./sentences/${language}.json`]?.sentences ?? {})
      // "Training failed: {reason}" before "{layer} failed: {reason}": what says more of the sentence goes first.
      .sort(([a], [b]) => b.replace(PLACE, "").length - a.replace(PLACE, "").length)
      .map(([template, translated]) => {
        const escaped = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
        return { pattern: new RegExp(`^${escaped.replace(PLACE, "(?<$1>.+?)")}$`, "s"), translated };
      });
    compiled.set(language, pairs);
  }
  return pairs;
}

export function translateSentence(sentence: string, language: string): string {
  for (const { pattern, translated } of pairsOf(language)) {
    const match = pattern.exec(sentence);
    if (!match) continue;
    const words = files[`./sentences/${language}.json`]?.words ?? {};
    return translated.replace(PLACE, (_, name: string) => {
      const value = match.groups?.[name] ?? "";
      return words[value] ?? value;
    });
  }
  return sentence;
}
