/** The palette, and what the canvas needs to take its drags. */
export { carriesEntry, ENTRY_MIME } from "./drag";
export { layerLabel } from "./entryOf";
export { Palette } from "./Palette";
export { append, useAppend } from "./useAppend";
