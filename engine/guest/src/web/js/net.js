// fetch: <https://fetch.spec.whatwg.org/#fetch-method>. Whether and where anything is sent is the host's decision.
(function (h) {
  'use strict';
  const { need, then, rejected, deferred, handled, push, TypeError } = h;
  const { on: signals } = h.use('events');
  const { on: streams } = h.use('streams');
  const { on: fetches } = h.use('fetch');

  // The body of a response as the host sends it: `pull` gives the next part, `whole` all of it, `fail` ends it.
  const receive = (id, over) => {
    let call = 0, waiting = null, ended = false, failure = null;
    const end = () => { ended = true; call = 0; waiting = null; over(); };
    return {
      pull: () => {
        if (failure !== null) return rejected(failure.reason);
        const { promise, resolve, reject } = deferred();
        if (ended) { resolve({ __proto__: null, bytes: undefined }); return promise; }
        const read = h.netRead(id, false);
        call = read.id;
        waiting = reject;
        then(read.promise, ({ value, body }) => {
          if (body === undefined || value === true) end(); else { call = 0; waiting = null; }
          resolve({ __proto__: null, bytes: body });
        }, (error) => { end(); reject(error); });
        return promise;
      },
      // Instead of `pull`, for whoever wants nothing but everything.
      whole: () => {
        if (failure !== null) return rejected(failure.reason);
        const { promise, resolve, reject } = deferred(), parts = [];
        const done = () => {
          end();
          try { resolve({ __proto__: null, bytes: parts.length === 1 ? parts[0] : h.concatBytes(parts) }); } catch (error) { reject(error); }
        };
        const step = () => {
          const read = h.netRead(id, true);
          call = read.id;
          then(read.promise, ({ value, body }) => {
            if (body !== undefined) push(parts, body);
            if (body === undefined || value === true) done(); else step();
          }, (error) => { end(); reject(error); });
        };
        if (ended) done(); else { waiting = reject; step(); }
        return promise;
      },
      cancel: () => { if (!ended) { end(); h.netClose(id); } },
      fail: (reason) => {
        if (ended) return;
        failure = { reason };
        const reject = waiting;
        if (call !== 0) h.netAbandon(call);
        end();
        h.netClose(id);
        if (reject !== null) reject(reason);
      },
    };
  };

  let uploads = 0;
  const send = ({ method, url, headers, redirect, signal, body }) => {
    const isStream = body !== null && streams.isReadable(body);
    if (signals.signalAborted(signal)) {
      const reason = signals.signalReason(signal);
      if (isStream) handled(streams.cancel(body, reason));
      return rejected(reason);
    }
    const { promise, resolve, reject } = deferred();
    const upload = isStream ? ++uploads : 0;
    const start = h.netStart(method, url, headers, redirect, body !== null, upload, isStream ? undefined : body ?? undefined);
    let call = start.id, received = null, settled = false;
    const fail = (reason) => {
      if (call !== 0) h.netAbandon(call);
      call = 0;
      settled = true;
      reject(reason);
      if (received !== null) received.fail(reason);
    };
    const forget = signals.onAbort(signal, () => fail(signals.signalReason(signal)));
    then(start.promise, ({ value: head }) => {
      call = 0;
      settled = true;
      if (fetches.nullBody(head.status)) { forget(); h.netClose(head.body); } else received = receive(head.body, forget);
      resolve({ __proto__: null, response: fetches.response(head, received) });
    }, (error) => { call = 0; settled = true; forget(); reject(error); });
    if (isStream) {
      // Why the host takes no more of a body, its answer tells.
      let refused = false;
      const push = (end, chunk) => then(h.netPush(upload, end, chunk).promise, () => undefined, (error) => { refused = true; return rejected(error); });
      const take = (chunk) => {
        if (!h.isView(chunk) || h.layout(chunk).kind !== 'Uint8Array') throw new TypeError('a body must be made of Uint8Array chunks');
        return push(false, chunk);
      };
      handled(then(then(streams.pump(body, take), () => push(true, undefined)), undefined, (error) => { if (!refused && !settled) { forget(); fail(error); } }));
    }
    return then(promise, ({ response }) => response);
  };

  const { fetch } = {
    __proto__: null,
    fetch(input, init = undefined) {
      try {
        need(arguments.length, 1, 'fetch');
        return send(fetches.request(input, init));
      } catch (error) { return rejected(error); }
    },
  };
  return { __proto__: null, fetch };
})
