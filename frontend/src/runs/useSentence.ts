/** The server's sentences in the language of the page, for components. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { translateSentence } from "./sentences";

export function useSentence(): (sentence: string) => string {
  const { i18n } = useTranslation();
  return useCallback((sentence) => translateSentence(sentence, i18n.language), [i18n.language]);
}
