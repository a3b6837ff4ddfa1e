/** The live document: what the rest of the page may use of it. */

export { BlockDocument, isOpenable } from "./BlockDocument";
export * from "./blocks";
export { type Ending, isEnding, type Status } from "./connection";
export { DocumentContext, DocumentProvider } from "./DocumentProvider";
export * from "./graph";
export * from "./hooks";
export { type ApplyOptions, type DocumentState, type History, NetworkDocument } from "./NetworkDocument";
