/** What every dialog is given. */
export interface DialogProps {
  opened: boolean;
  onClose: () => void;
}
