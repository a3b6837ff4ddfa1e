/** The others in this network, as initials. */
import { Avatar, Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { usePresence } from "../canvas";

const SHOWN = 3;

export function Peers() {
  const { t } = useTranslation("shell");
  const peers = usePresence(({ others }) => others);
  if (peers.length === 0) return null;
  const rest = peers.slice(SHOWN);
  return (
    <Avatar.Group
      spacing={6}
      role="group"
      aria-label={t("peers", { count: peers.length })}
      data-testid="peers"
    >
      {peers.slice(0, SHOWN).map(({ client, name, color }) => (
        <Tooltip key={client} label={t("alsoHere", { name })}>
          <Avatar size={24} radius="xl" color={color} variant="filled" aria-label={name} styles={PLACEHOLDER}>
            {initials(name)}
          </Avatar>
        </Tooltip>
      ))}
      {rest.length > 0 ? (
        <Tooltip label={rest.map(({ name }) => name).join(", ")}>
          <Avatar size={24} radius="xl" styles={PLACEHOLDER}>
            +{rest.length}
          </Avatar>
        </Tooltip>
      ) : null}
    </Avatar.Group>
  );
}

/** "Guest 12" is "12": the number is what tells guests apart. */
const initials = (name: string) => /\d+$/.exec(name)?.[0] ?? name.slice(0, 1).toUpperCase();

const PLACEHOLDER = { placeholder: { fontSize: 11 } };
