/** Instead of the editor: there is no such network, it is another's, or the server has not answered yet. */
import { Button, Center, EmptyState, Loader } from "@mantine/core";
import { IconCloudOff, IconLock, IconMapOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

const ICONS = { missing: IconMapOff, refused: IconLock, offline: IconCloudOff };

export function Unavailable({ reason }: { reason: keyof typeof ICONS }) {
  const { t } = useTranslation("shell");
  const Icon = ICONS[reason];
  return (
    <Center h="100dvh" p="lg" component="main">
      <EmptyState
        icon={<Icon size={32} stroke={1.3} />}
        title={t(`${reason}.title`)}
        description={t(`${reason}.text`)}
        data-testid={`network-${reason}`}
      >
        <EmptyState.Actions>
          {reason === "offline" ? (
            <Loader size="sm" type="dots" />
          ) : (
            <Button component={Link} href="/" size="sm">
              {t("toNetworks")}
            </Button>
          )}
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
