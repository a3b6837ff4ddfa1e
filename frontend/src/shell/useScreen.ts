/** How much room there is. The widths are those of the style sheets. */
import { useMediaQuery } from "@mantine/hooks";

const NOW = { getInitialValueInEffect: false };

export interface Screen {
  /** Palette and sidebar are drawers. */
  narrow: boolean;
  /** A hand's width: only what is needed all the time stays in sight. */
  phone: boolean;
  /** Both panels stand beside the canvas, and leave the toolbar little. */
  tight: boolean;
  /** Room for words beside icons. */
  roomy: boolean;
}

export function useScreen(): Screen {
  const narrow = useMediaQuery("(max-width: 900px)", undefined, NOW) ?? false;
  const phone = useMediaQuery("(max-width: 760px)", undefined, NOW) ?? false;
  const roomy = useMediaQuery("(min-width: 1280px)", undefined, NOW) ?? true;
  const tight = useMediaQuery("(max-width: 1100px)", undefined, NOW) ?? false;
  return { narrow, phone, tight, roomy };
}
