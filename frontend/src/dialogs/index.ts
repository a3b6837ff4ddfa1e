/** Dialogs, and what is done with whole networks. */
export { Dialogs } from "./Dialogs";
export { ErrorDetails } from "./ErrorDetails";
export { exportNetwork, useExports } from "./exports";
export * from "./networks";
