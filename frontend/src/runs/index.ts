/** Training and testing, as the rest of the page may show them. */
export { RunIndicator, useActiveProgress } from "./RunIndicator";
export { TestPanel } from "./TestPanel";
export { TrainPanel } from "./TrainPanel";
