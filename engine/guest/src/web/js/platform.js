// performance, navigator, and the global object as a target of events: <https://w3c.github.io/hr-time>, <https://html.spec.whatwg.org>.
(function (h) {
  'use strict';
  const { idl, TypeError, need } = h;
  const { EventTarget, Event, ErrorEvent, PromiseRejectionEvent, on } = h.use('events');
  const secret = {};
  const guard = (key) => { if (key !== secret) throw new TypeError('Illegal constructor'); };

  class Performance extends EventTarget {
    #performance = true;
    constructor(key) { guard(key); super(); }
    now() { this.#performance; return h.now() - h.timeOrigin(); }
    get timeOrigin() { this.#performance; return h.timeOrigin(); }
    toJSON() { this.#performance; return { timeOrigin: h.timeOrigin() }; }
  }
  idl(Performance, 'Performance');
  class Navigator {
    #navigator = true;
    constructor(key) { guard(key); }
    get userAgent() { this.#navigator; return h.userAgent; }
  }
  idl(Navigator, 'Navigator');

  on.stampTarget(h.global);
  const global = {
    __proto__: null,
    addEventListener: EventTarget.prototype.addEventListener, removeEventListener: EventTarget.prototype.removeEventListener, dispatchEvent: EventTarget.prototype.dispatchEvent,
  };
  const attribute = (name) => ({ __proto__: null, get: () => on.getHandler(h.global, name), set: (value) => on.setHandler(h.global, name, value) });
  return {
    __proto__: null, Performance, Navigator, performance: new Performance(secret), navigator: new Navigator(secret), ...global,
    on: {
      __proto__: null, error: attribute('error'), unhandledrejection: attribute('unhandledrejection'), rejectionhandled: attribute('rejectionhandled'),
      // Tells listeners of an exception that nothing caught; whether one of them said that it is dealt with.
      reportError: (error, message) => !on.dispatch(h.global, on.trust(new ErrorEvent('error', { __proto__: null, cancelable: true, error, message }))),
      // The same for a rejected promise.
      reportRejection: (promise, reason) => !on.dispatch(h.global, on.trust(new PromiseRejectionEvent('unhandledrejection', { __proto__: null, cancelable: true, promise, reason }))),
      // One that listeners were told of is handled after all.
      reportHandled: (promise, reason) => on.dispatch(h.global, on.trust(new PromiseRejectionEvent('rejectionhandled', { __proto__: null, promise, reason }))),
    },
  };
})
