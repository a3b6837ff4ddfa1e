/** What a control for one kind of parameter is given, and how it makes itself known. */
import type { ComponentType } from "react";
import type { Json, ParamKind, ParamSchema } from "../wire/types";

/** Several layers are edited at once and disagree. */
export const MIXED = Symbol("mixed");
export type FieldValue = Json | undefined | typeof MIXED;

export interface FieldProps {
  schema: ParamSchema;
  value: FieldValue;
  /** Changes with the same `session` are one undo step. */
  onChange: (value: Json, session: string) => void;
  /** The id that the label points to. */
  id: string;
  /** Ids of help and messages, for assistive technology. */
  describedBy: string;
  /** Marks the control as holding a mistake that the server found. */
  invalid: boolean;
  disabled: boolean;
  /** Name for tests, unique in a form: "kernel_regularizer.l2". */
  path: string;
}

export interface FieldDefinition {
  kinds: ParamKind[];
  Control: ComponentType<FieldProps>;
}

export const concrete = (value: FieldValue): Json | undefined => (value === MIXED ? undefined : value);
