// QuickJS as a Wasm reactor that does what the guest does: evaluates a script, calls its `main` with JSON, drains the
// microtasks, gives JSON back. One instance, one script.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

#define EXPORT(name) __attribute__((export_name(name)))

static uint32_t answer_len;

// The answer's length; `run` gives its address. An answer that begins with '!' is an error.
EXPORT("answer_len") uint32_t get_answer_len(void) { return answer_len; }

// Where the host writes a text of so many bytes and a NUL.
EXPORT("reserve") char *reserve(uint32_t len) {
    char *text = malloc((size_t)len + 1);
    text[len] = 0;
    return text;
}

static char *answer(JSContext *ctx, const char *mark, JSValue value) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, value);
    if (!text) {
        text = "an answer that is no text";
        len = strlen(text);
        mark = "!";
    }
    char *copy = malloc(len + 2);
    size_t at = strlen(mark);
    memcpy(copy, mark, at);
    memcpy(copy + at, text, len);
    answer_len = (uint32_t)(at + len);
    return copy;
}

static char *failure(JSContext *ctx) { return answer(ctx, "!", JS_GetException(ctx)); }

EXPORT("run") char *run(const char *script, uint32_t script_len, const char *input, uint32_t input_len) {
    JSRuntime *rt = JS_NewRuntime();
    // The host's own bound on the stack is the one that counts.
    JS_SetMaxStackSize(rt, 0);
    JSContext *ctx = JS_NewContext(rt);
    if (JS_IsException(JS_Eval(ctx, script, script_len, "script.js", JS_EVAL_TYPE_GLOBAL)))
        return failure(ctx);
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue entry = JS_GetPropertyStr(ctx, global, "main");
    JSValue argument = JS_ParseJSON(ctx, input, input_len, "input.json");
    JSValue value = JS_Call(ctx, entry, JS_UNDEFINED, 1, &argument);
    if (JS_IsException(value))
        return failure(ctx);
    JSContext *at;
    int more;
    while ((more = JS_ExecutePendingJob(rt, &at)) > 0) {}
    if (more < 0)
        return failure(at);
    switch (JS_PromiseState(ctx, value)) {
    case JS_PROMISE_FULFILLED: value = JS_PromiseResult(ctx, value); break;
    case JS_PROMISE_REJECTED: return answer(ctx, "!", JS_PromiseResult(ctx, value));
    case JS_PROMISE_PENDING: return answer(ctx, "!", JS_NewString(ctx, "it waits for nothing"));
    default: break; // no promise
    }
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    return JS_IsException(json) ? failure(ctx) : answer(ctx, "", json);
}
