/** Language and colour scheme, as menu items. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, setLanguage } from "../i18n";
import { SCHEMES } from "./schemes";

export function LanguageItems() {
  const { i18n } = useTranslation();
  return Object.entries(LANGUAGES).map(([language, name]) => (
    <Menu.Item
      key={language}
      lang={language}
      onClick={() => void setLanguage(language as Language)}
      rightSection={i18n.language === language ? <IconCheck size={14} /> : undefined}
      aria-current={i18n.language === language}
      data-testid={`language-${language}`}
    >
      {name}
    </Menu.Item>
  ));
}

export function SchemeItems() {
  const { t } = useTranslation("shell");
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return SCHEMES.map(([scheme, Icon]) => (
    <Menu.Item
      key={scheme}
      leftSection={<Icon size={16} stroke={1.7} />}
      onClick={() => setColorScheme(scheme)}
      rightSection={colorScheme === scheme ? <IconCheck size={14} /> : undefined}
      aria-current={colorScheme === scheme}
      data-testid={`scheme-${scheme}`}
    >
      {t(`scheme.${scheme}`)}
    </Menu.Item>
  ));
}
