/** Bend points as an SVG path with round corners, and the place of its label. */
import type { Position } from "../wire/types";

const RADIUS = 10;

export function pathOf(points: readonly Position[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return "";
  const parts = [`M${first[0]} ${first[1]}`];
  let before = first;
  for (const [index, corner] of rest.entries()) {
    const after = rest[index + 1] ?? last;
    const radius = Math.min(RADIUS, distance(before, corner) / 2, distance(corner, after) / 2);
    const [into, out] = [towards(corner, before, radius), towards(corner, after, radius)];
    parts.push(`L${into[0]} ${into[1]}Q${corner[0]} ${corner[1]} ${out[0]} ${out[1]}`);
    before = corner;
  }
  parts.push(`L${last[0]} ${last[1]}`);
  return parts.join("");
}

/** An upright piece at least this long has room for a label between nodes and bends. */
const LABEL_ROOM = 28;

/** A route round other nodes: out, across, along a lane, across, in. */
const LANE_POINTS = 6;

export interface LabelPlace {
  middle: Position;
  /** Along a lane between nodes there is no room for a level label. */
  upright: boolean;
}

/** The middle of the longest upright piece, where a label stands clear of nodes; else of the longest piece. */
export function labelPlace(points: readonly Position[]): LabelPlace {
  const pieces = points.slice(1).map((b, index): Piece => [points[index] ?? b, b]);
  const upright = longest(pieces, height);
  const [a, b] = (upright && height(upright) >= LABEL_ROOM ? upright : longest(pieces, length)) ?? NOWHERE;
  return {
    middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2],
    upright: points.length === LANE_POINTS && a[0] === b[0],
  };
}

type Piece = [from: Position, to: Position];
const NOWHERE: Piece = [
  [0, 0],
  [0, 0],
];

const height = ([a, b]: Piece): number => Math.abs(b[1] - a[1]);
const length = ([a, b]: Piece): number => distance(a, b);

function longest(pieces: readonly Piece[], size: (piece: Piece) => number): Piece | null {
  let found: Piece | null = null;
  for (const piece of pieces) if (!found || size(piece) > size(found)) found = piece;
  return found;
}

function distance(a: Position, b: Position): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

function towards(from: Position, to: Position, length: number): Position {
  const full = distance(from, to) || 1;
  return [from[0] + ((to[0] - from[0]) * length) / full, from[1] + ((to[1] - from[1]) * length) / full];
}
