/** Whether the command palette is open. Apart from the palette, whose list of actions holds the one that opens it. */
import { createSpotlight } from "@mantine/spotlight";

export const [commandsStore, commands] = createSpotlight();
