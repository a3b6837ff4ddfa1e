/** A titled part of the inspector. */
import type { ReactNode } from "react";
import classes from "./inspector.module.css";

interface SectionProps {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
  testId?: string;
}

export function Section({ title, aside, children, testId }: SectionProps) {
  return (
    <section className={classes.section} data-testid={testId} aria-label={title}>
      {title ? (
        <div className={classes.sectionHead}>
          <h3 className={classes.sectionTitle}>{title}</h3>
          {aside}
        </div>
      ) : null}
      {children}
    </section>
  );
}
