/** The look: one accent, small text, a 4 px grid. Colours that CSS modules use are variables of `theme.css`. */
import {
  Button,
  createTheme,
  Kbd,
  type MantineColorsTuple,
  type Modal,
  type SegmentedControl,
} from "@mantine/core";

const indigo: MantineColorsTuple = [
  "#eef0fc",
  "#dcdff6",
  "#b6bcee",
  "#8d97e6",
  "#6b77df",
  "#5865da",
  "#4f5bd5",
  "#3f4bbd",
  "#3742a9",
  "#2c3895",
];

/** The greys of Mantine's dark scheme, in the tone of `theme.css`. */
const dark: MantineColorsTuple = [
  "#e7e9ee",
  "#c3c9d4",
  "#9da5b4",
  "#767e8e",
  "#41454f",
  "#30343c",
  "#23262c",
  "#1b1d22",
  "#16181c",
  "#101215",
];

/** No web fonts: the page is the same on a machine without a network. */
export const FONT_STACK =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC", ' +
  '"Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';

export const MONO_STACK =
  'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace';

// Not by `extend`, which would bring these components into the first load.
const modal: Parameters<typeof Modal.extend>[0] = {
  styles: { title: { fontWeight: 600, lineHeight: 1.4, overflowWrap: "anywhere" } },
};
const segments: Parameters<typeof SegmentedControl.extend>[0] = {
  styles: { label: { fontWeight: 500 } },
};

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 6, dark: 5 },
  colors: { indigo, dark },
  fontFamily: FONT_STACK,
  fontFamilyMonospace: MONO_STACK,
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "14px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ styles: { label: { fontWeight: 500 } } }),
    Modal: modal,
    Kbd: Kbd.extend({ styles: { root: { fontFamily: "inherit", fontWeight: 400, borderBottomWidth: 1 } } }),
    SegmentedControl: segments,
  },
  headings: { fontFamily: FONT_STACK, fontWeight: "600" },
});
