import { createDraft, current, enableMapSet, enablePatches, finishDraft, freeze, immerable, isDraft, nothing, original, produce, produceWithPatches, applyPatches } from "immer";

enableMapSet();
enablePatches();
const base = Object.freeze({ a: 1, list: Object.freeze([1, 2, 3]), deep: Object.freeze({ x: Object.freeze({ y: 1 }) }) });

export const calls = {
  assign: () => produce(base, (draft) => { draft.a = 2; }),
  shared: () => { const next = produce(base, (draft) => { draft.a++; }); return [next.list === base.list, next !== base]; },
  unchanged: () => produce(base, (draft) => { draft.a = 1; }) === base,
  arrays: () => produce(base, (draft) => { draft.list.push(4); draft.list.splice(1, 1); draft.list.reverse(); draft.list.sort((a, b) => b - a); }),
  length: () => produce(base, (draft) => { draft.list.length = 1; }),
  deleted: () => produce(base, (draft) => { delete draft.deep.x.y; }),
  nested: () => produce(base, (draft) => { draft.deep.x.z = { w: [draft.list[0]] }; }),
  returned: () => produce(base, () => ({ b: 2 })),
  nothing: () => produce(base, () => nothing),
  bothWrong: () => produce(base, (draft) => { draft.a = 3; return { b: 1 }; }),
  curried: () => produce((draft, by) => { draft.a += by; })(base, 10),
  frozen: () => { const next = produce(base, (draft) => { draft.list.push({ n: 1 }); }); return [Object.isFrozen(next), Object.isFrozen(next.list[3])]; },
  frozenThrows: () => { produce(base, (draft) => { draft.a = 5; }).a = 6; },
  map: () => produce(new Map([["a", { n: 1 }]]), (draft) => { draft.get("a").n = 2; draft.set("b", { n: 3 }); draft.delete("c"); }),
  set: () => produce(new Set([1, 2]), (draft) => { draft.add(3); draft.delete(1); }),
  patches: () => { const [next, patches, inverse] = produceWithPatches(base, (draft) => { draft.list.shift(); draft.deep.x.y = 9; draft.n = null; }); return [patches, inverse, applyPatches(next, inverse)]; },
  classes: () => { class Point { [immerable] = true; constructor(x) { this.x = x; } get twice() { return this.x * 2; } } const next = produce(new Point(2), (draft) => { draft.x = 5; }); return [next.twice, next instanceof Point]; },
  currentOriginal: () => produce(base, (draft) => { draft.a = 7; draft.seen = [isDraft(draft), isDraft(current(draft)), original(draft) === base, current(draft).a]; }),
  drafts: () => { const draft = createDraft(base); draft.a = 8; return finishDraft(draft); },
  revoked: () => { let leaked; produce(base, (draft) => { leaked = draft.deep; leaked.x; }); return leaked.x; },
  freeze: () => Object.isFrozen(freeze({ a: { b: 1 } }, true).a),
  has: () => produce(base, (draft) => { draft.keys = [Object.keys(draft.deep), "x" in draft.deep, Object.getOwnPropertyNames(draft.list)]; }),
};
