// DOMException, events and abort signals: <https://dom.spec.whatwg.org>, <https://webidl.spec.whatwg.org/#idl-DOMException>.
(function (h) {
  'use strict';
  const { apply, construct, idl, need, push, push1, then, Error, TypeError, defineHidden, dictionary, report, now, setTimeout, iterator } = h;

  // Adds private fields to an object that another constructor made.
  const Identity = function (object) { return object; };
  class Exception extends Identity {
    #name; #message;
    constructor(error, name, message) { super(error); this.#name = name; this.#message = message; }
    static name(error) { if (!h.isObject(error) || !(#name in error)) throw new TypeError('not a DOMException'); return error.#name; }
    static message(error) { if (!h.isObject(error) || !(#name in error)) throw new TypeError('not a DOMException'); return error.#message; }
    static is(value) { return h.isObject(value) && #name in value; }
  }
  const codes = {
    __proto__: null, IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5, NoModificationAllowedError: 7,
    NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10, InvalidStateError: 11, SyntaxError: 12, InvalidModificationError: 13,
    NamespaceError: 14, InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18, NetworkError: 19, AbortError: 20,
    URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, InvalidNodeTypeError: 24, DataCloneError: 25,
  };
  function DOMException(message = '', name = 'Error') {
    if (new.target === undefined) throw new TypeError('DOMException is a constructor: use `new`');
    message = `${message}`;
    let cause, hasCause = false;
    // What structured cloning and newer engines take: options with a cause.
    if (h.isObject(name)) {
      hasCause = 'cause' in name;
      cause = name.cause;
      name = name.name === undefined ? 'Error' : `${name.name}`;
    } else name = `${name}`;
    const error = construct(Error, [], new.target);
    if (hasCause) defineHidden(error, 'cause', cause);
    return new Exception(error, name, message);
  }
  h.extend(DOMException, Error);
  h.accessors(DOMException.prototype, {
    __proto__: null,
    get name() { return Exception.name(this); },
    get message() { return Exception.message(this); },
    get code() { return codes[Exception.name(this)] ?? 0; },
  });
  h.constants(DOMException, {
    __proto__: null, INDEX_SIZE_ERR: 1, DOMSTRING_SIZE_ERR: 2, HIERARCHY_REQUEST_ERR: 3, WRONG_DOCUMENT_ERR: 4, INVALID_CHARACTER_ERR: 5,
    NO_DATA_ALLOWED_ERR: 6, NO_MODIFICATION_ALLOWED_ERR: 7, NOT_FOUND_ERR: 8, NOT_SUPPORTED_ERR: 9, INUSE_ATTRIBUTE_ERR: 10,
    INVALID_STATE_ERR: 11, SYNTAX_ERR: 12, INVALID_MODIFICATION_ERR: 13, NAMESPACE_ERR: 14, INVALID_ACCESS_ERR: 15, VALIDATION_ERR: 16,
    TYPE_MISMATCH_ERR: 17, SECURITY_ERR: 18, NETWORK_ERR: 19, ABORT_ERR: 20, URL_MISMATCH_ERR: 21, QUOTA_EXCEEDED_ERR: 22,
    TIMEOUT_ERR: 23, INVALID_NODE_TYPE_ERR: 24, DATA_CLONE_ERR: 25,
  });
  idl(DOMException, 'DOMException');

  let getState;
  class Event {
    #type; #bubbles; #cancelable; #composed; #timeStamp;
    #target = null; #phase = 0; #dispatching = false; #stop = false; #stopNow = false; #canceled = false; #passive = false; #trusted = false;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'Event');
      this.#type = `${type}`;
      init = dictionary(init, 'EventInit');
      this.#bubbles = !!init.bubbles;
      this.#cancelable = !!init.cancelable;
      this.#composed = !!init.composed;
    }
    static {
      // What dispatching reads and writes.
      getState = {
        is: (event) => h.isObject(event) && #type in event,
        type: (event) => event.#type,
        busy: (event) => event.#dispatching,
        begin: (event, target) => { event.#dispatching = true; event.#target = target; event.#phase = 2; },
        passive: (event, passive) => { event.#passive = passive; },
        stopped: (event) => event.#stopNow,
        end: (event) => { event.#dispatching = event.#stop = event.#stopNow = false; event.#phase = 0; return !event.#canceled; },
        trust: (event) => { event.#trusted = true; return event; },
      };
    }
    get type() { return this.#type; }
    get target() { return this.#target; }
    get srcElement() { return this.#target; }
    get currentTarget() { return this.#phase ? this.#target : null; }
    get eventPhase() { return this.#phase; }
    get bubbles() { return this.#bubbles; }
    get cancelable() { return this.#cancelable; }
    get composed() { return this.#composed; }
    get defaultPrevented() { return this.#canceled; }
    get returnValue() { return !this.#canceled; }
    set returnValue(value) { if (!value) this.preventDefault(); }
    get cancelBubble() { return this.#stop; }
    set cancelBubble(value) { if (value) this.#stop = true; }
    get isTrusted() { return this.#trusted; }
    // Read when first asked for: an event made while a script loads must not tie its image to one run.
    get timeStamp() { return this.#timeStamp ??= now(); }
    composedPath() { return this.#phase ? [this.#target] : []; }
    stopPropagation() { this.#stop = true; }
    stopImmediatePropagation() { this.#stop = this.#stopNow = true; }
    preventDefault() { if (this.#cancelable && !this.#passive) this.#canceled = true; }
    initEvent(type, bubbles = false, cancelable = false) {
      need(arguments.length, 1, 'initEvent');
      if (this.#dispatching) return;
      this.#type = `${type}`;
      this.#bubbles = !!bubbles;
      this.#cancelable = !!cancelable;
      this.#canceled = this.#stop = this.#stopNow = false;
      this.#target = null;
    }
  }
  const phases = { __proto__: null, NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 };
  h.constants(Event, phases);
  idl(Event, 'Event');

  class CustomEvent extends Event {
    #detail;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'CustomEvent');
      super(type, init);
      this.#detail = dictionary(init, 'CustomEventInit').detail ?? null;
    }
    get detail() { return this.#detail; }
  }
  idl(CustomEvent, 'CustomEvent');

  class ErrorEvent extends Event {
    #message; #filename; #lineno; #colno; #error;
    constructor(type, init = undefined) {
      need(arguments.length, 1, 'ErrorEvent');
      super(type, init);
      init = dictionary(init, 'ErrorEventInit');
      this.#message = init.message === undefined ? '' : `${init.message}`;
      this.#filename = init.filename === undefined ? '' : `${init.filename}`;
      this.#lineno = init.lineno === undefined ? 0 : init.lineno >>> 0;
      this.#colno = init.colno === undefined ? 0 : init.colno >>> 0;
      this.#error = init.error;
    }
    get message() { return this.#message; }
    get filename() { return this.#filename; }
    get lineno() { return this.#lineno; }
    get colno() { return this.#colno; }
    get error() { return this.#error; }
  }
  idl(ErrorEvent, 'ErrorEvent');

  class PromiseRejectionEvent extends Event {
    #promise; #reason;
    constructor(type, init) {
      need(arguments.length, 2, 'PromiseRejectionEvent');
      super(type, init);
      if (!h.isObject(init) || !h.isObject(init.promise)) throw new TypeError('PromiseRejectionEventInit needs `promise`');
      this.#promise = init.promise;
      this.#reason = init.reason;
    }
    get promise() { return this.#promise; }
    get reason() { return this.#reason; }
  }
  idl(PromiseRejectionEvent, 'PromiseRejectionEvent');

  let dispatch, setHandler, getHandler, stampTarget;
  // The fields of an EventTarget: also the global object gets them, which no constructor of ours makes.
  class Listeners extends Identity {
    #lists = { __proto__: null };
    #handlers = { __proto__: null };
    static {
      stampTarget = (object) => new Listeners(object);
      const of = (target) => {
        target ??= h.global;
        if (!h.isObject(target) || !(#lists in target)) throw new TypeError('not an EventTarget');
        return target;
      };
      Listeners.of = of;
      Listeners.add = (target, type, callback, options) => {
        target = of(target);
        type = `${type}`;
        const { capture, once, passive, signal } = flatten(options);
        if (callback !== null && callback !== undefined && !h.isObject(callback)) throw new TypeError('a listener must be an object or a function');
        if (signal !== undefined && signalAborted(signal)) return;
        if (callback === null || callback === undefined) return;
        const list = target.#lists[type] ??= [];
        for (let i = 0; i < list.length; i++) if (list[i].callback === callback && list[i].capture === capture) return;
        const listener = { callback, capture, once, passive, removed: false };
        push(list, listener);
        if (signal !== undefined) onAbort(signal, () => remove(target, type, listener));
      };
      const remove = (target, type, listener) => {
        listener.removed = true;
        const list = target.#lists[type], rest = [];
        if (list === undefined) return;
        for (let i = 0; i < list.length; i++) if (list[i] !== listener) push(rest, list[i]);
        target.#lists[type] = rest;
      };
      Listeners.remove = (target, type, callback, options) => {
        target = of(target);
        type = `${type}`;
        const capture = h.isObject(options) ? !!options.capture : !!options;
        const list = target.#lists[type] ?? [];
        for (let i = 0; i < list.length; i++) {
          if (list[i].callback === callback && list[i].capture === capture) return remove(target, type, list[i]);
        }
      };
      dispatch = (target, event) => {
        const state = getState, type = state.type(event);
        state.begin(event, target);
        const list = target.#lists[type];
        if (list !== undefined) {
          // Listeners that are added meanwhile are not called; those that are removed neither.
          for (let pass = 0; pass < 2; pass++) {
            for (let i = 0, length = list.length; i < length; i++) {
              const listener = list[i];
              // At the target, those that capture come first.
              if (listener.removed || listener.capture !== (pass === 0)) continue;
              if (state.stopped(event)) break;
              if (listener.once) remove(target, type, listener);
              state.passive(event, listener.passive);
              try {
                const { callback } = listener;
                if (typeof callback === 'function') apply(callback, target, [event]);
                else {
                  const { handleEvent } = callback;
                  if (typeof handleEvent !== 'function') throw new TypeError('a listener object has no method `handleEvent`');
                  apply(handleEvent, callback, [event]);
                }
              } catch (error) {
                report(error);
              }
              state.passive(event, false);
            }
          }
        }
        return state.end(event);
      };
      getHandler = (target, name) => of(target).#handlers[name]?.value ?? null;
      setHandler = (target, name, value) => {
        target = of(target);
        if (!h.isObject(value)) value = null;
        const handler = target.#handlers[name];
        if (handler !== undefined) { handler.value = value; if (value === null) { remove(target, name, handler.listener); target.#handlers[name] = undefined; } return; }
        if (value === null) return;
        const record = { value, listener: null };
        const callback = function (event) {
          if (typeof record.value !== 'function') return;
          // `onerror` of the global object has the browsers' five arguments; `true` means handled.
          if (name === 'error' && target === h.global && event instanceof ErrorEvent) {
            if (apply(record.value, target, [event.message, event.filename, event.lineno, event.colno, event.error]) === true) event.preventDefault();
          } else if (apply(record.value, target, [event]) === false) event.preventDefault();
        };
        record.listener = { callback, capture: false, once: false, passive: false, removed: false };
        target.#handlers[name] = record;
        push(target.#lists[name] ??= [], record.listener);
      };
    }
  }
  const flatten = (options) => {
    if (!h.isObject(options)) return { capture: !!options, once: false, passive: false, signal: undefined };
    const capture = !!options.capture, once = !!options.once, passive = !!options.passive, { signal } = options;
    if (signal !== undefined && !isSignal(signal)) throw new TypeError('`signal` must be an AbortSignal');
    return { capture, once, passive, signal };
  };
  class EventTarget {
    constructor() { stampTarget(this); }
    addEventListener(type, callback, options = undefined) {
      need(arguments.length, 2, 'addEventListener');
      Listeners.add(this, type, callback, options);
    }
    removeEventListener(type, callback, options = undefined) {
      need(arguments.length, 2, 'removeEventListener');
      Listeners.remove(this, type, callback, options);
    }
    dispatchEvent(event) {
      need(arguments.length, 1, 'dispatchEvent');
      const target = Listeners.of(this);
      if (!getState.is(event)) throw new TypeError('dispatchEvent takes an Event');
      if (getState.busy(event)) throw new DOMException('the event is being dispatched already', 'InvalidStateError');
      return dispatch(target, event);
    }
  }
  idl(EventTarget, 'EventTarget');

  const secret = {};
  let isSignal, signalAborted, signalReason, onAbort, abort, throwIfAborted, makeSignal;
  class AbortSignal extends EventTarget {
    #aborted = false; #reason = undefined;
    // What the platform does on abort, before listeners hear of it.
    #steps = [];
    // Signals of `any` that follow this one.
    #followers = [];
    constructor(key) {
      if (key !== secret) throw new TypeError('Illegal constructor');
      super();
    }
    static {
      makeSignal = () => new AbortSignal(secret);
      isSignal = (value) => h.isObject(value) && #aborted in value;
      signalAborted = (signal) => signal.#aborted;
      signalReason = (signal) => signal.#reason;
      throwIfAborted = (signal) => { if (signal.#aborted) throw signal.#reason; };
      onAbort = (signal, step) => {
        if (signal.#aborted) return () => {};
        const entry = { step };
        push(signal.#steps, entry);
        // Takes it back: long-lived signals must not gather what is over.
        return () => {
          entry.step = null;
          const rest = [];
          for (let i = 0; i < signal.#steps.length; i++) if (signal.#steps[i] !== entry) push(rest, signal.#steps[i]);
          signal.#steps = rest;
        };
      };
      abort = (signal, reason) => {
        if (signal.#aborted) return;
        if (reason === undefined) reason = new DOMException('This operation was aborted', 'AbortError');
        const set = (signal) => { signal.#aborted = true; signal.#reason = reason; };
        const hear = [signal];
        set(signal);
        // Followers have no followers of their own: `any` follows the sources.
        const followers = signal.#followers;
        for (let i = 0; i < followers.length; i++) {
          if (!followers[i].#aborted) { set(followers[i]); push(hear, followers[i]); }
        }
        signal.#followers = [];
        for (let i = 0; i < hear.length; i++) {
          const steps = hear[i].#steps;
          hear[i].#steps = [];
          for (let j = 0; j < steps.length; j++) if (steps[j].step !== null) (0, steps[j].step)();
          dispatch(hear[i], getState.trust(new Event('abort')));
        }
      };
    }
    #sources = null;
    static abort(reason = undefined) {
      const signal = makeSignal();
      abort(signal, reason);
      return signal;
    }
    static timeout(ms) {
      need(arguments.length, 1, 'AbortSignal.timeout');
      ms = +ms;
      if (!(ms > -1 && ms < 9007199254740992)) throw new TypeError('the timeout must be a number of milliseconds from 0 to 2 ** 53 - 1');
      const signal = makeSignal();
      setTimeout(() => abort(signal, new DOMException('The operation was aborted due to timeout', 'TimeoutError')), ms);
      return signal;
    }
    static any(signals) {
      need(arguments.length, 1, 'AbortSignal.any');
      const list = h.sequence(signals);
      for (let i = 0; i < list.length; i++) if (!isSignal(list[i])) throw new TypeError('AbortSignal.any takes AbortSignals');
      const result = makeSignal();
      for (let i = 0; i < list.length; i++) {
        if (list[i].#aborted) {
          result.#aborted = true;
          result.#reason = list[i].#reason;
          return result;
        }
      }
      const sources = [];
      const follow = (source) => {
        for (let i = 0; i < sources.length; i++) if (sources[i] === source) return;
        push(sources, source);
        push(source.#followers, result);
      };
      for (let i = 0; i < list.length; i++) {
        const further = list[i].#sources;
        if (further === null) follow(list[i]);
        else for (let j = 0; j < further.length; j++) follow(further[j]);
      }
      result.#sources = sources;
      return result;
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    get onabort() { return getHandler(this, 'abort'); }
    set onabort(value) { setHandler(this, 'abort', value); }
  }
  idl(AbortSignal, 'AbortSignal');

  class AbortController {
    #signal = makeSignal();
    get signal() { return this.#signal; }
    abort(reason = undefined) { abort(this.#signal, reason); }
  }
  idl(AbortController, 'AbortController');

  // The exports: classes, and under `on` what other parts need.
  return {
    __proto__: null, DOMException, Event, CustomEvent, ErrorEvent, PromiseRejectionEvent, EventTarget, AbortSignal, AbortController,
    on: {
      __proto__: null, isSignal, signalAborted, signalReason, onAbort, abort, makeSignal, isException: Exception.is, dispatch, getHandler, setHandler, stampTarget,
      trust: getState.trust,
    },
  };
})
