/** The colour of a layer category, as a CSS value; a category without its own falls back to neutral. */
export function categoryColor(category: string): string {
  return `var(--vn-category-${category.replace(/[^a-z0-9-]/gi, "")}, var(--vn-text-faint))`;
}
