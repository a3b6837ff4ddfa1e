/** Palette entries on their way to the canvas: what a drag carries. */

/** The data is the entry's id. */
export const ENTRY_MIME = "application/x-visualnn-entry";

/** Whether a drag holds a palette entry. Its id can only be read when it is dropped. */
export const carriesEntry = (transfer: DataTransfer | null): boolean =>
  transfer?.types.includes(ENTRY_MIME) ?? false;
