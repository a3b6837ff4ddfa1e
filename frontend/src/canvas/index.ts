/** The canvas, as the rest of the page may use it. */
export { Canvas } from "./Canvas";
export { usePresence } from "./presence";
