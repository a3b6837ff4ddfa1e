/**
 * A text field whose text is only sometimes a value.
 *
 * What can be read takes effect while typing (after a breath), so that its consequences show at once; what cannot
 * stays in the field with its reason. Enter and leaving the field take effect immediately, Escape goes back.
 */
import { type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import type { Parsed, ParseReason } from "./values";

const TYPING_PAUSE_MS = 120;

interface DraftOptions<T, R extends string> {
  /** The text of the value in force. */
  text: string;
  parse: (text: string) => Parsed<T, R>;
  /** `session` is the same for all changes between entering and leaving the field: they are one undo step. */
  onChange: (value: T, session: string) => void;
  multiline?: boolean;
}

export interface Draft<R extends string> {
  text: string;
  reason: R | null;
  /** Drops what was typed and shows the value in force again. */
  reset: () => void;
  session: () => string;
  input: {
    value: string;
    onChange: (event: { currentTarget: { value: string } }) => void;
    onFocus: () => void;
    onBlur: () => void;
    onKeyDown: (event: KeyboardEvent<HTMLInputElement | HTMLTextAreaElement>) => void;
  };
}

export function useDraft<T, R extends string = ParseReason>({
  text,
  parse,
  onChange,
  multiline = false,
}: DraftOptions<T, R>): Draft<R> {
  const [draft, setDraft] = useState<string | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const visits = useRef(0);
  const before = useRef(text);
  const id = useId();
  const session = useCallback(() => `${id}:${visits.current}`, [id]);

  const parsed = draft === null ? null : parse(draft);
  const reason = parsed && !parsed.ok ? parsed.reason : null;

  const latest = useRef({ draft, text, parse, onChange });
  useEffect(() => {
    latest.current = { draft, text, parse, onChange };
  });

  const commit = useCallback(
    (typed: string) => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
      const { parse, onChange, text } = latest.current;
      if (typed === text) return;
      const result = parse(typed);
      if (result.ok) onChange(result.value, session());
    },
    [session],
  );

  // A field taken away while its last keystroke still waits (another layer was selected) must not lose it.
  useEffect(
    () => () => {
      if (timer.current !== undefined && latest.current.draft !== null) commit(latest.current.draft);
    },
    [commit],
  );

  const reset = useCallback(() => {
    window.clearTimeout(timer.current);
    timer.current = undefined;
    setDraft(null);
  }, []);

  const finish = () => {
    if (draft === null) return;
    commit(draft);
    // Text that cannot be read stays, with its reason, until it is corrected or given up by Escape.
    if (reason === null) setDraft(null);
  };

  return {
    text: draft ?? text,
    reason,
    reset,
    session,
    input: {
      value: draft ?? text,
      onChange: ({ currentTarget: { value } }) => {
        setDraft(value);
        window.clearTimeout(timer.current);
        timer.current = window.setTimeout(() => commit(value), TYPING_PAUSE_MS);
      },
      onFocus: () => {
        visits.current += 1;
        before.current = text;
      },
      onBlur: finish,
      onKeyDown: (event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter" && (!multiline || event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          finish();
        } else if (event.key === "Escape" && draft !== null) {
          event.stopPropagation();
          const result = parse(before.current);
          reset();
          if (before.current !== text && result.ok) onChange(result.value, session());
        }
      },
    },
  };
}
