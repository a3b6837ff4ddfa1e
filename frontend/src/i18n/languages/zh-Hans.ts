/** Every Chinese text, as one piece that is loaded when the language is chosen. */
export default import.meta.glob<{ [key: string]: string }>("../locales/zh-Hans/*.json", {
  eager: true,
  import: "default",
});
