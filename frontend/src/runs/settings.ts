/** The training settings last used, by network, in the browser's own storage. Storage that is full or off is no error. */
import type { Recipe } from "../wire/runs";

export interface TrainingSettings {
  dataset: string | null;
  recipe: Partial<Recipe>;
}

const keyOf = (network: string) => `visualnn.training.${network}`;

/** null where nothing was stored. */
export function readSettings(network: string): TrainingSettings | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(network)) ?? "null");
    if (typeof stored === "object" && stored !== null) {
      const { dataset, recipe } = stored as { [key: string]: unknown };
      return {
        dataset: typeof dataset === "string" ? dataset : null,
        recipe: typeof recipe === "object" && recipe !== null ? (recipe as Partial<Recipe>) : {},
      };
    }
  } catch {
    // Unreadable: as if nothing had been stored.
  }
  return null;
}

export function writeSettings(network: string, settings: TrainingSettings): void {
  try {
    localStorage.setItem(keyOf(network), JSON.stringify(settings));
  } catch {
    // Private windows and full disks: the settings last as long as the page.
  }
}
