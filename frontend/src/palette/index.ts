/** The palette, and what the canvas needs to take its drags. */
export { carriesEntry, ENTRY_MIME } from "./drag";
export { layerLabel } from "./entryOf";
export { Palette, SEARCH_ID } from "./Palette";
export { append, useAppend } from "./useAppend";
