/** Language and colour scheme, as two small menus or as parts of a larger one. */
import { ActionIcon, type MantineColorScheme, Menu, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconCheck, IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, setLanguage } from "../i18n";

const SCHEMES: [MantineColorScheme, typeof IconSun][] = [
  ["light", IconSun],
  ["dark", IconMoon],
  ["auto", IconDeviceDesktop],
];

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

export function Preferences() {
  const { t } = useTranslation("shell");
  const { colorScheme } = useMantineColorScheme();
  const SchemeIcon = SCHEMES.find(([scheme]) => scheme === colorScheme)?.[1] ?? IconDeviceDesktop;
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={160}>
        <Menu.Target>
          <Tooltip label={t("language")}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("language")}
              data-testid="language"
            >
              <IconLanguage size={17} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <LanguageItems />
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" shadow="md" width={180}>
        <Menu.Target>
          <Tooltip label={t("scheme")}>
            <ActionIcon variant="subtle" color="gray" size={30} aria-label={t("scheme")} data-testid="scheme">
              <SchemeIcon size={17} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <SchemeItems />
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
