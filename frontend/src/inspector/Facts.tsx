/** Names and values in two columns; numbers right-aligned, with an explanation on hover. */
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./inspector.module.css";

export interface Fact {
  name: string;
  value: ReactNode;
  help?: string;
  /** A part of the fact above it. */
  part?: boolean;
  testId?: string;
}

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(({ name, value, help, part, testId }) => (
        <div key={name} className={classes.fact} data-part={part || undefined}>
          <Tooltip label={help} disabled={!help} multiline maw={260} position="left" openDelay={350}>
            <dt>{name}</dt>
          </Tooltip>
          <dd data-testid={testId}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
