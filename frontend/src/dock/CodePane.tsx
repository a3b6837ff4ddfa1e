/** The network as text: live, coloured, its lines and the canvas' nodes selecting each other. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useDocument } from "../document";
import { useView } from "../state/view";
import { get } from "../wire/client";
import type { Diagnostic, FormatInfo } from "../wire/types";
import classes from "./dock.module.css";
import { highlight, type Token } from "./highlight";
import { type Lines, nodeAt, spanOf } from "./lines";
import { useLive, useNetworkNodes } from "./live";
import { Obstacles } from "./Obstacles";
import { pick } from "./pick";

interface Code {
  text: string;
  lines: Lines;
  diagnostics: Diagnostic[];
}

const LINE_PX = 19;
const AROUND = 40;

export function CodePane({ format, onText }: { format: FormatInfo; onText(text: string): void }) {
  const { id } = useDocument();
  const load = useCallback(
    (signal: AbortSignal) => get<Code>(`/api/networks/${id}/code/${format.name}`, { signal }),
    [id, format.name],
  );
  const { data, error, waiting } = useLive(load);
  const nodes = useNetworkNodes();
  const selection = useView((view) => view.selection);
  const inside = useView((view) => view.inside);
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const tokens = useTokens(data?.text, format.extensions[0] ?? "");
  const text = useMemo(() => data?.text.replace(/\n$/, "").split("\n") ?? [], [data]);

  useEffect(() => onText(data?.text ?? ""), [data, onText]);

  const marked = useMemo(() => {
    if (!data) return [];
    const ids = inside[0] === undefined ? [...selection] : [inside[0]];
    return ids.flatMap((node) => {
      const known = nodes.get(node);
      const span = known && spanOf(known, data.lines, text);
      return span ? [span] : [];
    });
  }, [data, text, selection, inside, nodes]);

  // Brought into view when the selection moves there, not while one scrolls.
  const first = marked[0]?.[0];
  useEffect(() => {
    const element = scroller.current;
    if (!element || first === undefined) return;
    const [top, bottom] = [(first - 1) * LINE_PX, first * LINE_PX];
    if (top < element.scrollTop || bottom > element.scrollTop + element.clientHeight)
      element.scrollTop = Math.max(0, top - element.clientHeight / 3);
  }, [first]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  const from = Math.max(0, Math.floor(view.top / LINE_PX) - AROUND);
  const to = Math.min(text.length, Math.ceil((view.top + view.height) / LINE_PX) + AROUND);
  const choose = (line: number) => {
    const node = data && nodeAt(line, nodes, data.lines, text);
    if (node) pick(node);
  };
  return (
    <div className={classes.pane} data-waiting={waiting || undefined} data-testid="code-pane">
      {error ? <Obstacles error={error} /> : null}
      <div ref={scroller} className={classes.code} hidden={error !== null}>
        <div className={classes.codeBody} style={{ height: text.length * LINE_PX + 12 }}>
          <div style={{ transform: `translateY(${from * LINE_PX}px)` }}>
            {text.slice(from, to).map((content, index) => {
              const line = from + index + 1;
              const isMarked = marked.some(([begin, end]) => line >= begin && line <= end);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the canvas is what the keyboard selects on.
                // biome-ignore lint/a11y/noStaticElementInteractions: text to read and to mark, a click is a short cut.
                <div
                  key={line}
                  className={classes.line}
                  data-line={line}
                  data-marked={isMarked || undefined}
                  onClick={() => window.getSelection()?.isCollapsed !== false && choose(line)}
                >
                  <span className={classes.number} aria-hidden>
                    {line}
                  </span>
                  {tokens?.[line - 1]?.map((token, at) => (
                    <span key={`${at}:${token.text}`} data-kind={token.kind || undefined}>
                      {token.text}
                    </span>
                  )) ?? content}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function useTokens(text: string | undefined, extension: string): Token[][] | null {
  const [tokens, setTokens] = useState<{ of: string; lines: Token[][] | null }>({ of: "", lines: null });
  useEffect(() => {
    let open = true;
    if (text === undefined) return;
    void highlight(text, extension).then(
      (lines) => open && setTokens({ of: text, lines }),
      () => open && setTokens({ of: text, lines: null }),
    );
    return () => {
      open = false;
    };
  }, [text, extension]);
  return tokens.of === text ? tokens.lines : null;
}
