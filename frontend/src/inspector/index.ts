/** The inspector, and the form it is made of for whoever else has parameters to show. */
export { type FieldValue, MIXED } from "./field";
export { Inspector } from "./Inspector";
export { ParamField } from "./ParamField";
export { ParamForm } from "./ParamForm";
