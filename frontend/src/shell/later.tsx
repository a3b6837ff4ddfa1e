/**
 * Components with a file of their own, which is fetched while the page is idle, or when they are first shown.
 *
 * One that is here is drawn at once. `lazy` alone would have it wait even then: what is suspended is shown 300 ms after
 * what was suspended last, at the earliest, and a menu in a menu did so three times.
 */
import { type ComponentType, lazy, useState } from "react";

type Module<P> = { default: ComponentType<P> };

const soon: (() => Promise<unknown>)[] = [];
const last: (() => Promise<unknown>)[] = [];
const PAUSE_MS = 2_000;

/** `rank`: whether others are likely to be wanted before. */
export function later<P extends object>(
  load: () => Promise<Module<P>>,
  rank: "soon" | "last" = "soon",
): ComponentType<P> {
  let here: ComponentType<P> | null = null;
  const fetch = async () => {
    const module = await load();
    here = module.default;
    return module;
  };
  const Lazy = lazy(fetch);
  (rank === "soon" ? soon : last).push(fetch);
  return function Later(props: P) {
    // Chosen once: what is shown must not begin anew when the file comes.
    const [Shown] = useState<ComponentType<P>>(() => here ?? (Lazy as unknown as ComponentType<P>));
    return <Shown {...props} />;
  };
}

/** Fetches what is not here yet, one after the other, whenever the page has nothing else to do. */
export async function fetchAhead(): Promise<void> {
  const next = () => soon.shift() ?? last.shift();
  for (let fetch = next(); fetch; fetch = next()) {
    await idle();
    // What cannot be fetched now is asked for again when it is shown.
    await fetch().catch(() => undefined);
  }
}

function idle(): Promise<unknown> {
  if (typeof requestIdleCallback !== "function") return new Promise((go) => setTimeout(go));
  return new Promise((go) => requestIdleCallback(go, { timeout: PAUSE_MS }));
}
