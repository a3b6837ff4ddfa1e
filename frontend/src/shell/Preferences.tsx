/** Language and colour scheme, as two small menus. */
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconLanguage } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { later } from "./later";
import { MenuButton } from "./MenuButton";
import { SCHEMES } from "./schemes";

const LanguageItems = later(async () => ({ default: (await import("./PreferenceItems")).LanguageItems }));
const SchemeItems = later(async () => ({ default: (await import("./PreferenceItems")).SchemeItems }));

export function Preferences() {
  const { t } = useTranslation("shell");
  const { colorScheme } = useMantineColorScheme();
  const SchemeIcon = SCHEMES.find(([scheme]) => scheme === colorScheme)?.[1] ?? IconDeviceDesktop;
  return (
    <>
      <MenuButton label={t("language")} position="bottom-end" width={160} items={<LanguageItems />}>
        {(target) => (
          <Tooltip label={t("language")}>
            <ActionIcon
              {...target}
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("language")}
              data-testid="language"
            >
              <IconLanguage size={17} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
      </MenuButton>
      <MenuButton label={t("scheme")} position="bottom-end" width={180} items={<SchemeItems />}>
        {(target) => (
          <Tooltip label={t("scheme")}>
            <ActionIcon
              {...target}
              variant="subtle"
              color="gray"
              size={30}
              aria-label={t("scheme")}
              data-testid="scheme"
            >
              <SchemeIcon size={17} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
      </MenuButton>
    </>
  );
}
