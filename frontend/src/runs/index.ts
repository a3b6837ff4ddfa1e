/**
 * Training and testing, as every page shows them. The panels are modules of their own (`./TrainPanel`, `./TestPanel`),
 * loaded when their tab is opened.
 */
export { RunIndicator, useActiveProgress } from "./RunIndicator";
