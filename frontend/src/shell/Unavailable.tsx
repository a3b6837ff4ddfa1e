/** Instead of the editor: why the network cannot be shown, and the way on. */
import { Button, Center, EmptyState, Loader } from "@mantine/core";
import {
  IconCloudOff,
  IconFileAlert,
  IconLock,
  IconLogin,
  IconMapOff,
  IconPackageOff,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Ending } from "../document";

type Reason = Ending | "offline";

const ICONS: Record<Reason, typeof IconLock> = {
  missing: IconMapOff,
  refused: IconLock,
  offline: IconCloudOff,
  login: IconLogin,
  malformed: IconFileAlert,
  tooLarge: IconPackageOff,
};
/** The network is there; what went wrong was on this page. */
const RELOADABLE: ReadonlySet<Reason> = new Set(["login", "malformed", "tooLarge"]);

export function Unavailable({ reason }: { reason: Reason }) {
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
            <>
              {RELOADABLE.has(reason) ? (
                <Button size="sm" onClick={() => window.location.reload()}>
                  {t("reload")}
                </Button>
              ) : null}
              <Button
                component={Link}
                href="/"
                size="sm"
                variant={RELOADABLE.has(reason) ? "default" : "filled"}
              >
                {t("toNetworks")}
              </Button>
            </>
          )}
        </EmptyState.Actions>
      </EmptyState>
    </Center>
  );
}
