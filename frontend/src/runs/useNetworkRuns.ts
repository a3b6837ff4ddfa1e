/** Keeps the runs of a network open while anything that shows them is on the page. */
import { useEffect } from "react";
import { useRuns } from "./store";

let users = 0;

export function useNetworkRuns(network: string): void {
  useEffect(() => {
    users += 1;
    if (useRuns.getState().network !== network) void useRuns.getState().open(network);
    return () => {
      users -= 1;
      // Another panel may be opening in this very moment: what is still unused after it, is closed.
      setTimeout(() => {
        if (users === 0) useRuns.getState().close();
      });
    };
  }, [network]);
}
