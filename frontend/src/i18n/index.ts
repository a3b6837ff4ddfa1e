/**
 * The page's languages. A namespace is a file `locales/<language>/<namespace>.json`, found by being there; a language
 * is loaded when it is chosen. No text is missing from one that another has: a test sees to that.
 *
 * Text that the server sends in both languages (`{en, zh}`) is chosen with `useLocalised`.
 */
import i18next from "i18next";
import { useCallback } from "react";
import { initReactI18next, useTranslation } from "react-i18next";
import type { Localised } from "../wire/types";
import { loadExtraTexts } from "./extra";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const STORAGE_KEY = "visualnn.language";

type Texts = { [key: string]: string };
const languages = import.meta.glob<{ [path: string]: Texts }>("./languages/*.ts", { import: "default" });

/** Fetches a language's texts, once. */
async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "shell")) return;
  const [texts] = await Promise.all([languages[`./languages/${language}.ts`]?.(), loadExtraTexts(language)]);
  for (const [path, namespace] of Object.entries(texts ?? {})) {
    const name = path.split("/").at(-1)?.replace(".json", "") ?? "";
    i18next.addResourceBundle(language, name, namespace);
  }
}

function preferred(): Language {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored && stored in LANGUAGES) return stored as Language;
  return navigator.languages
    .find((tag) => /^(zh|en)\b/i.test(tag))
    ?.toLowerCase()
    .startsWith("zh")
    ? "zh-Hans"
    : "en";
}

export async function startI18n(): Promise<void> {
  const language = preferred();
  await i18next.use(initReactI18next).init({
    resources: {},
    lng: language,
    fallbackLng: false,
    defaultNS: "shell",
    keySeparator: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await load(language);
  document.documentElement.lang = i18next.language;
}

export async function setLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORAGE_KEY, language);
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Picks the current language of a text that comes in both. */
export function useLocalised(): (text: Localised) => string {
  const { i18n } = useTranslation();
  const chinese = i18n.language.startsWith("zh");
  return useCallback((text) => (chinese ? text.zh : text.en) || text.en, [chinese]);
}
