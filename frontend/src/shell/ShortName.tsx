/** The name of a layer that is cut in its middle where there is no room: the ends of names tell layers apart. */
import classes from "./ShortName.module.css";

/** The last part of a name, or its last letters where that is long. */
function endOf(name: string): string {
  return (/[_\-./][^_\-./]{1,8}$/u.exec(name) ?? /.{0,4}$/su.exec(name))?.[0] ?? "";
}

export function ShortName({ name, className = "" }: { name: string; className?: string }) {
  const end = endOf(name);
  return (
    <span className={`${classes.name} ${className}`} title={name}>
      <span className={classes.start}>{name.slice(0, name.length - end.length)}</span>
      <span className={classes.end}>{end}</span>
    </span>
  );
}
