[new DOMException().name, new DOMException("m").message, new DOMException("m", "AbortError").code, new DOMException("m", "Mine").code, new DOMException() instanceof Error]
//=> ["Error", "m", 20, 0, true]

[Object.prototype.toString.call(new DOMException()), String(new DOMException("a", "B")), DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR]
//=> ["[object DOMException]", "B: a", 20, 25]

thrown(() => DOMException())
//=> <TypeError>

[typeof new DOMException("x").stack, Object.keys(new DOMException("x")), Object.getPrototypeOf(DOMException) === Function.prototype, Object.getPrototypeOf(DOMException.prototype) === Error.prototype]
//=> ["string", [], true, true]

thrown(() => DOMException.prototype.name)
//=> <TypeError>

thrown(() => new Event())
//=> <TypeError>

const e = new Event("x", { cancelable: true }); [e.type, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.target, e.currentTarget, e.eventPhase, e.returnValue, e.cancelBubble]
//=> ["x", false, true, false, false, null, null, 0, true, false]

const e = new Event("x", { cancelable: true }); e.preventDefault(); [e.defaultPrevented, e.returnValue]
//=> [true, false]

const e = new Event("x"); e.preventDefault(); e.defaultPrevented
//=> false

[Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE, Event.prototype.AT_TARGET]
//=> [0, 1, 2, 3, 2]

[new Event(null).type, new Event(undefined).type, new Event(1).type]
//=> ["null", "undefined", "1"]

thrown(() => new Event("x", 1))
//=> <TypeError>

const t = new EventTarget(), log = []; t.addEventListener("a", (e) => log.push(1, e.target === t, e.currentTarget === t, e.eventPhase)); log.push(t.dispatchEvent(new Event("a"))); log
//=> [1, true, true, 2, true]

const t = new EventTarget(), log = []; t.addEventListener("a", { handleEvent(e) { log.push(this === e.target, e.type, typeof this.handleEvent); } }); t.dispatchEvent(new Event("a")); log
//=> [false, "a", "function"]

const t = new EventTarget(), log = []; t.addEventListener("a", function () { log.push(this === t); }); t.dispatchEvent(new Event("a")); log
//=> [true]

const t = new EventTarget(), log = [], f = () => log.push("f"); t.addEventListener("a", f); t.addEventListener("a", f); t.addEventListener("a", f, true); t.dispatchEvent(new Event("a")); log
//=> ["f", "f"]

const t = new EventTarget(), log = []; t.addEventListener("a", () => log.push(1), { once: true }); t.dispatchEvent(new Event("a")); t.dispatchEvent(new Event("a")); log
//=> [1]

const t = new EventTarget(), log = [], g = () => log.push("g"); t.addEventListener("a", () => { log.push("f"); t.removeEventListener("a", g); }); t.addEventListener("a", g); t.dispatchEvent(new Event("a")); log
//=> ["f"]

const t = new EventTarget(), log = []; t.addEventListener("a", () => t.addEventListener("a", () => log.push("late"))); t.dispatchEvent(new Event("a")); log
//=> []

const t = new EventTarget(), log = []; t.addEventListener("a", (e) => { log.push(1); e.stopImmediatePropagation(); }); t.addEventListener("a", () => log.push(2)); t.dispatchEvent(new Event("a")); log
//=> [1]

const t = new EventTarget(), log = []; t.addEventListener("a", (e) => { e.preventDefault(); log.push(e.defaultPrevented); }, { passive: true }); log.push(t.dispatchEvent(new Event("a", { cancelable: true }))); log
//=> [false, true]

const t = new EventTarget(); t.addEventListener("a", (e) => e.preventDefault()); t.dispatchEvent(new Event("a", { cancelable: true }))
//=> false

const t = new EventTarget(), log = [], c = new AbortController(); t.addEventListener("a", () => log.push(1), { signal: c.signal }); t.dispatchEvent(new Event("a")); c.abort(); t.dispatchEvent(new Event("a")); log
//=> [1]

const t = new EventTarget(), log = []; t.addEventListener("a", () => log.push(1), { signal: AbortSignal.abort() }); t.dispatchEvent(new Event("a")); log
//=> []

const t = new EventTarget(); t.addEventListener("a", null); t.dispatchEvent(new Event("a"))
//=> true

const t = new EventTarget(); [thrown(() => t.addEventListener("a")), thrown(() => t.dispatchEvent()), thrown(() => t.dispatchEvent({}))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

const t = new EventTarget(), e = new Event("a"); let again; t.addEventListener("a", () => { again = thrown(() => t.dispatchEvent(e)); }); t.dispatchEvent(e); again
//=> <DOMException InvalidStateError>

const t = new EventTarget(), log = []; t.addEventListener("a", (e) => log.push(e.composedPath().length)); const e = new Event("a"); t.dispatchEvent(e); [log, e.composedPath()]
//=> [[1], []]

class T extends EventTarget { constructor() { super(); this.x = 1; } } const t = new T(); let got; t.addEventListener("a", (e) => { got = e.target.x; }); t.dispatchEvent(new Event("a")); got
//=> 1

class E extends Event { constructor() { super("mine"); this.extra = 2; } } const t = new EventTarget(); let got; t.addEventListener("mine", (e) => { got = [e.extra, e instanceof E, e.type]; }); t.dispatchEvent(new E()); got
//=> [2, true, "mine"]

const t = new EventTarget(), log = []; t.addEventListener("a", () => log.push("bubble")); t.addEventListener("a", () => log.push("capture"), { capture: true }); t.dispatchEvent(new Event("a")); log
//=> ["capture", "bubble"]

[new CustomEvent("x", { detail: { a: 1 } }).detail, new CustomEvent("x").detail, new CustomEvent("x") instanceof Event]
//=> [{a: 1}, null, true]

const e = new ErrorEvent("error", { message: "m", filename: "f", lineno: 1, colno: 2, error: 3 }); [e.message, e.filename, e.lineno, e.colno, e.error, e.type]
//=> ["m", "f", 1, 2, 3, "error"]

const p = Promise.resolve(1), e = new PromiseRejectionEvent("unhandledrejection", { promise: p, reason: 2 }); [e.promise === p, e.reason]
//=> [true, 2]

thrown(() => new PromiseRejectionEvent("x", {}))
//=> <TypeError>

const c = new AbortController(); const before = [c.signal.aborted, c.signal.reason]; c.abort(); [before, c.signal.aborted, c.signal.reason]
//=> [[false, undefined], true, <DOMException AbortError>]

const c = new AbortController(); c.abort("why"); c.abort("again"); c.signal.reason
//=> why

const c = new AbortController(), log = []; c.signal.onabort = (e) => log.push("on", e.type, e.target === c.signal); c.signal.addEventListener("abort", () => log.push("listener")); c.abort(); c.abort(); log
//=> ["on", "abort", true, "listener"]

thrown(() => new AbortSignal())
//=> <TypeError>

[AbortSignal.abort().aborted, AbortSignal.abort().reason, AbortSignal.abort(7).reason, thrown(() => AbortSignal.abort().throwIfAborted())]
//=> [true, <DOMException AbortError>, 7, "<DOMException AbortError>"]

thrown(() => { throw AbortSignal.abort(new RangeError("r")).reason; })
//=> <RangeError>

const s = AbortSignal.timeout(5); const before = s.aborted; await pause(20); [before, s.aborted, s.reason]
//=> [false, true, <DOMException TimeoutError>]

[thrown(() => AbortSignal.timeout()), thrown(() => AbortSignal.timeout(-1)), thrown(() => AbortSignal.timeout(NaN))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

const a = new AbortController(), b = new AbortController(), s = AbortSignal.any([a.signal, b.signal]); const before = s.aborted; b.abort("b"); a.abort("a"); [before, s.aborted, s.reason]
//=> [false, true, "b"]

AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason
//=> 1

AbortSignal.any([]).aborted
//=> false

const a = new AbortController(), s = AbortSignal.any([AbortSignal.any([a.signal])]); a.abort(3); s.reason
//=> 3

const a = new AbortController(), s = AbortSignal.any([a.signal]), log = []; s.addEventListener("abort", () => log.push("dependent")); a.signal.addEventListener("abort", () => log.push("source", s.aborted)); a.abort(); log
//=> ["source", true, "dependent"]

thrown(() => AbortSignal.any([1]))
//=> <TypeError>

[String(new AbortController().signal), String(new EventTarget()), String(new Event("x")), Object.keys(AbortController.prototype)]
//=> ["[object AbortSignal]", "[object EventTarget]", "[object Event]", ["signal", "abort"]]

[EventTarget.prototype.addEventListener.length, Event.length, AbortSignal.any.length, EventTarget.name, DOMException.name]
//=> [2, 1, 1, "EventTarget", "DOMException"]

const c = new AbortController(); c.signal.onabort = 5; const first = c.signal.onabort; const f = () => {}; c.signal.onabort = f; [first, c.signal.onabort === f]
//=> [null, true]
