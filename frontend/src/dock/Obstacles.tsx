/** Why there is no code or figure now; each reason leads to its layer. */
import { UnstyledButton } from "@mantine/core";
import { DiagnosticText, showProblem } from "../problems";
import type { ApiError } from "../wire/client";
import classes from "./dock.module.css";

export function Obstacles({ error }: { error: ApiError }) {
  return (
    <div className={classes.obstacles} role="status" data-testid="dock-obstacles">
      {error.diagnostics.length === 0 ? (
        <p>
          {error.message} {error.hint}
        </p>
      ) : null}
      {error.diagnostics.map((diagnostic) => (
        <UnstyledButton
          key={`${diagnostic.node}:${diagnostic.code}:${diagnostic.message}`}
          className={classes.obstacle}
          onClick={() => showProblem(diagnostic)}
        >
          <DiagnosticText diagnostic={diagnostic} />
        </UnstyledButton>
      ))}
    </div>
  );
}
