/** A docstring as people read it: ``code`` as code, addresses as links. */
import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import classes from "./inspector.module.css";

const PARTS = /(``?[^`]+``?|https?:\/\/[^\s,)]+[^\s,).])/;

export function DocText({ text }: { text: string }) {
  return text.split(PARTS).map((part, index) => <Fragment key={`${index}:${part}`}>{shown(part)}</Fragment>);
}

function shown(part: string) {
  if (part.startsWith("`")) return <code className={classes.inlineCode}>{part.replaceAll("`", "")}</code>;
  if (!/^https?:/.test(part)) return part;
  return (
    <Anchor href={part} target="_blank" rel="noreferrer" inherit>
      {part.replace(/^https?:\/\/(www\.)?/, "").replace(/\/$/, "")}
    </Anchor>
  );
}
