/**
 * The page's languages. A namespace is a file `locales/<language>/<namespace>.json`, found by being there.
 *
 * Text that the server sends in both languages (`{en, zh}`) is chosen with `useLocalised`.
 */
import i18next from "i18next";
import { useCallback } from "react";
import { initReactI18next, useTranslation } from "react-i18next";
import type { Localised } from "../wire/types";

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const STORAGE_KEY = "visualnn.language";

type Texts = { [key: string]: string };
const files = import.meta.glob<Texts>("./locales/*/*.json", { eager: true, import: "default" });

const resources: { [language: string]: { [namespace: string]: Texts } } = {};
for (const [path, texts] of Object.entries(files)) {
  const [, language, namespace] = /\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? [];
  if (language && namespace) resources[language] = { ...resources[language], [namespace]: texts };
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
  await i18next.use(initReactI18next).init({
    resources,
    lng: preferred(),
    fallbackLng: "en",
    defaultNS: "shell",
    keySeparator: false,
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = i18next.language;
}

export async function setLanguage(language: Language): Promise<void> {
  localStorage.setItem(STORAGE_KEY, language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Picks the current language of a text that comes in both. */
export function useLocalised(): (text: Localised) => string {
  const { i18n } = useTranslation();
  const chinese = i18n.language.startsWith("zh");
  return useCallback((text) => (chinese ? text.zh : text.en) || text.en, [chinese]);
}
