/** What formats are called and are for, in the page's language; in the server's English where there is no translation. */
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import { extraTexts } from "../i18n/extra";

interface Words {
  name: string;
  label: string;
  description: string;
}
type Translated = { [format: string]: Partial<Omit<Words, "name">> };

export const inLanguage = <F extends Words>(format: F, language = i18next.language): F => ({
  ...format,
  ...extraTexts<Translated>("dialogs", language)?.[format.name],
});

/** The same formats in the page's language, and again when that changes. */
export function useInLanguage<F extends Words>(formats: readonly F[]): F[] {
  const { language } = useTranslation().i18n;
  return formats.map((format) => inLanguage(format, language));
}
