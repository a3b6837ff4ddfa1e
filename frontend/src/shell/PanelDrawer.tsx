/** The palette or the sidebar of a narrow window: over the canvas, until it is done with. */
import { Drawer } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./shell.module.css";

interface PanelDrawerProps {
  side: "left" | "right";
  open: boolean;
  onClose: () => void;
  children: React.ReactNode;
}

export default function PanelDrawer({ side, open, onClose, children }: PanelDrawerProps) {
  const { t } = useTranslation("shell");
  return (
    <Drawer
      opened={open}
      onClose={onClose}
      position={side}
      size={side === "left" ? 280 : "min(380px, 100%)"}
      title={t(side === "left" ? "palette" : "sidebarTitle")}
      closeButtonProps={{ "aria-label": t("close") }}
      overlayProps={{ backgroundOpacity: 0.25 }}
      transitionProps={{ duration: 120 }}
      classNames={{
        body: classes.drawerBody,
        content: classes.drawer,
        header: classes.drawerHead,
        title: classes.drawerTitle,
      }}
    >
      {children}
    </Drawer>
  );
}
