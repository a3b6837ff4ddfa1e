import { describe, expect, it } from "vitest";
import type { Edge, Edit, GraphNode } from "../wire/types";
import { Desk } from "./desk";
import { fixEdits } from "./fix";
import { RANK_PITCH } from "./geometry";

const node = (id: string, type: string): GraphNode => ({
  ...{ id, type, name: id, params: {}, position: [0, 0] },
  ...{ phase: "both", shares: null, note: "" },
});

/** As the server makes it, before `target` had moved and anything came behind it. */
function inserted(edge: Edge): Edit[] {
  return [
    { op: "add_node", node: node("reshape", "Reshape") },
    { op: "disconnect", edge },
    { op: "connect", edge: { ...edge, target: "reshape", target_port: 0 } },
    { op: "connect", edge: { ...edge, source: "reshape", source_port: 0 } },
  ];
}

describe("a fix that inserts a layer", () => {
  it("moves down what follows now, from where it is now", () => {
    const desk = new Desk();
    desk.put("a", "Dense");
    desk.put("b", "Dense", [0, 104]);
    const edits = inserted(desk.connect("a", "b"));
    desk.document.apply([{ op: "move", id: "b", position: [240, 120] }], "move");
    desk.put("c", "Dropout", [240, 224]);
    desk.connect("b", "c");
    desk.put("beside", "Dense", [480, 120]);
    desk.document.apply(fixEdits(desk.graph, edits), "fix");
    expect(desk.pairs.sort()).toEqual(["a reshape", "b c", "reshape b"]);
    const places = [...desk.graph.nodes.values()].map(({ name, position }) => [name, position]);
    expect(Object.fromEntries(places)).toEqual({
      a: [0, 0],
      reshape: [240, 120],
      b: [240, 120 + RANK_PITCH],
      c: [240, 224 + RANK_PITCH],
      beside: [480, 120],
    });
    desk.document.undo();
    expect(desk.pairs.sort()).toEqual(["a b", "b c"]);
  });

  it("leaves alone what another such fix has inserted", () => {
    const desk = new Desk();
    desk.put("a", "Dense");
    for (const id of ["b", "c"]) desk.put(id, "Dense", [id === "b" ? 0 : 240, 104]);
    const fixes = ["b", "c"].map((id) => inserted(desk.connect("a", id)));
    for (const edits of fixes) desk.document.apply(fixEdits(desk.graph, edits), "fix");
    expect(desk.pairs.sort()).toEqual(["a reshape", "a reshape_1", "reshape b", "reshape_1 c"]);
  });

  it("does so within a block, too", () => {
    const desk = new Desk();
    const nodes = [node("a", "Dense"), { ...node("b", "Dense"), position: [0, 104] }];
    const edge = { source: "a", target: "b", source_port: 0, target_port: 0 };
    const block = JSON.parse(JSON.stringify({ params: {}, nodes, edges: [edge] }));
    desk.document.apply([{ op: "set_block", name: "block", block }], "put");
    const [edit] = fixEdits(desk.graph, [{ op: "edit_block", name: "block", edits: inserted(edge) }]);
    const inner = edit?.op === "edit_block" ? edit.edits : [];
    expect(inner.flatMap((step) => (step.op === "move" ? [step] : []))).toEqual([
      { op: "move", id: "b", position: [0, 104 + RANK_PITCH] },
    ]);
  });
});
