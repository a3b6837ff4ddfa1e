/** The application menu. */
import { Button } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { later } from "./later";
import { MenuButton } from "./MenuButton";

const FileItems = later(() => import("./FileItems"));

export function FileMenu() {
  const { t } = useTranslation("shell");
  return (
    <MenuButton label={t("menu.file")} position="bottom-start" width={240} items={<FileItems />}>
      {(target) => (
        <Button
          {...target}
          size="compact-sm"
          variant="subtle"
          color="gray"
          rightSection={<IconChevronDown size={12} />}
          data-testid="file-menu"
        >
          {t("menu.file")}
        </Button>
      )}
    </MenuButton>
  );
}
