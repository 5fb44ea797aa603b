//! Nothing of a run is left for a later one: not in objects, not in memory, not in what the engine keeps between runs.
//!
//! Runs that spoil all they can reach, and end in every way, take turns with runs that look for traces. A looking run is always the same
//! run, so everything about it must be the same each time, to its fuel.

use std::{collections::BTreeMap, sync::Arc};

use ampoule_protocol::{LibrarySource, Limits};

use super::*;

/// Turns of a spoiling and a looking run.
const TURNS: usize = 1000;

/// Turns from one look at everything to the next; between them, looks are short.
const WALK: usize = 11;

/// Fills memory with a mark, and leaves what no later look could name. The rest of the script decides how the run ends.
const FILL: &str = r#"
    const MARK = 0xA5A55A5A;
    let moduleState = 'spoilt';
    const keep = [];
    const page = new Uint32Array(1024).fill(MARK);
    const spread = (bytes) => {
        const array = new Uint32Array(bytes / 4);
        for (let at = 0; at < array.length; at += page.length) array.set(page, at);
        keep.push(array);
    };
    for (const bytes of [1 << 12, 1 << 16, 1 << 20]) spread(bytes);
    for (let i = 0; i < 50; i++) keep.push('spoilt'.repeat(i), { spoilt: MARK, i }, Symbol.for('spoilt' + i));
    /(spoilt)/.exec('spoilt');
    console.group('spoilt'); console.time('spoilt');
"#;

/// Traces on everything in reach, each of which a look must see.
const TRACES: [&str; 18] = [
    "globalThis.spoilt = 1;",
    "globalThis[Symbol.for('spoilt')] = 1;",
    "Object.setPrototypeOf(globalThis, { inherited: 1 });",
    "delete globalThis.WeakMap;",
    "Object.prototype.spoilt = 1;",
    "Array.prototype.spoilt = 1;",
    "Function.prototype.spoilt = 1;",
    "Object.getPrototypeOf(function* () {}).spoilt = 1;",
    "Object.getPrototypeOf(Object.getPrototypeOf([].values())).spoilt = 1;",
    "Object.freeze(Map.prototype);",
    "Object.defineProperty(Error.prototype, 'message', { value: 'spoilt' });",
    // Patched built-ins that look like the real ones to a careless eye.
    "Array.prototype.map = { map(f) { return ['spoilt']; } }.map;",
    "Math.max = function max(a, b) { return 1; };",
    "console.count('spoilt');",
    "Math.random();",
    // Left behind, to come while a later run waits.
    "setTimeout(() => { globalThis.late = 1; }, 1);",
    "JSON.stringify = () => '\"spoilt\"';",
    "Promise.prototype.then = function then() { return this; };",
];

/// How spoiling runs end: returned, threw, out of fuel, out of memory, out of stack, without an answer, in the load.
const ENDINGS: [&str; 8] = [
    "export default () => moduleState;",
    "export default () => { throw new TypeError('spoilt'); };",
    "export default () => { for (;;) page.indexOf(1); };",
    "export default () => { for (;;) keep.push(new ArrayBuffer(1 << 20)); };",
    "const deeper = (n) => [n, deeper(n + 1)]; export default () => deeper(0);",
    "export default () => new Promise(() => {});",
    "export default async () => { for (;;) await null; };",
    "for (let i = 0; ; i++) keep.push(i);",
];

/// Looks at everything that can be reached, at fresh memory, and at what built-ins do.
const LOOK: &str = r#"
    import 'lib:before';
    const MARK = 0xA5A55A5A;
    let moduleState = 'fresh';
    const walk = () => {
        const seen = new Set(), found = [];
        const visit = (value, path) => {
            if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
            seen.add(value);
            let said = path;
            if (!Object.isExtensible(value)) said += ' sealed';
            if (typeof value === 'function') said += ' ' + Function.prototype.toString.call(value);
            for (const key of Reflect.ownKeys(value)) {
                const at = Object.getOwnPropertyDescriptor(value, key);
                const flags = (at.writable ? 'w' : '-') + (at.enumerable ? 'e' : '-') + (at.configurable ? 'c' : '-');
                const plain = typeof at.value === 'number' || typeof at.value === 'string' ? at.value : typeof at.value;
                said += '\n ' + String(key) + ' ' + flags + ' ' + plain;
            }
            found.push(said);
            for (const key of Reflect.ownKeys(value)) {
                const at = Object.getOwnPropertyDescriptor(value, key);
                const below = path + '.' + String(key);
                visit(at.value, below); visit(at.get, below + '.get'); visit(at.set, below + '.set');
            }
            visit(Object.getPrototypeOf(value), path + '.__proto__');
        };
        visit(globalThis, 'globalThis');
        const roots = [function* () {}, async () => {}, async function* () {}, [].values(), new Map().keys(), new Set().keys(), ''.matchAll(/x/g)];
        roots.forEach((root, i) => visit(Object.getPrototypeOf(root), 'root' + i));
        return found.join('\n');
    };
    const unclean = () => {
        // All are taken before any is looked at: together they are more than a spoiler fills.
        const arrays = [1 << 12, 1 << 16, 1 << 20, 1 << 20].map((bytes) => new Uint32Array(bytes / 4));
        let unclean = 0;
        for (const array of arrays) {
            // Every word of the smallest, four of each page of the others.
            const step = array.length > 1024 ? 256 : 1;
            for (let at = 0; at < array.length; at += step) if (array[at] !== 0) unclean++;
        }
        return unclean;
    };
    export default async (input) => {
        console.log('first'); console.count('spoilt'); console.count('spoilt');
        const was = moduleState;
        moduleState = 'used';
        const built = [1, 2].map((x) => x + 1).concat([...'ab'], JSON.stringify({ a: [1] }), Math.max(1, 2), await Promise.resolve(5));
        await new Promise((done) => setTimeout(done, 3));
        return {
            was, built, random: Math.random(), unclean: unclean(), late: typeof globalThis.late,
            sparse: new Array(5).map(() => 1).length, message: new Error('own').message, symbol: Symbol.keyFor(Symbol.for('spoilt7')),
            world: input.walk ? walk() : null,
        };
    };
"#;

fn spoiler(turn: usize) -> RunRequest {
    // Most spoilers are new to the engine, some come again and again: those may start from an image.
    let own = if turn.is_multiple_of(3) { String::new() } else { format!("// {turn}\n") };
    let mut request = RunRequest::new(format!("{own}{FILL}{}{}", TRACES.concat(), ENDINGS[turn % ENDINGS.len()]));
    request.limits = Limits { fuel: 40_000_000, memory_bytes: 16 << 20, ..Limits::DEFAULT };
    request
}

/// With `walk` it goes over every property of every object that it can reach.
async fn look(walk: bool) -> RunReport {
    look_after(walk, "").await
}

/// The same, after other code in the same run.
async fn look_after(walk: bool, before: &str) -> RunReport {
    let mut request = RunRequest::new(LOOK);
    request.libraries = vec![LibrarySource::new("before", before)];
    request.input = serde_json::json!({"walk": walk}).into();
    let mut report = run(&request).await;
    // How long it took, and whether it had to be loaded, is not the script's.
    (report.usage.wall_ms, report.usage.image) = Default::default();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_finds_nothing_of_those_before_it() {
    let first = [look(false).await, look(true).await];
    let Outcome::Returned { value } = &first[1].outcome else { panic!("{:?}", first[1].outcome) };
    let seen: serde_json::Value = serde_json::from_str(value.as_str()).unwrap();
    assert!(seen["world"].as_str().unwrap().lines().count() > 500, "it sees little: {}", seen["world"]);
    assert_eq!((&seen["was"], &seen["unclean"], &seen["late"]), (&"fresh".into(), &0.into(), &"undefined".into()));
    assert_eq!(seen["built"], serde_json::json!([2, 3, "a", "b", "{\"a\":[1]}", 2, 5]));
    assert_eq!(first[1].logs.iter().map(|line| line.message.as_str()).collect::<Vec<_>>(), ["first", "spoilt: 1", "spoilt: 2"]);

    // Two at a time: a sandbox is used again by one while the other runs.
    let first = Arc::new(first);
    let halves = [0, 1].map(|half| tokio::spawn(turns(half * TURNS / 2..(half + 1) * TURNS / 2, first.clone())));
    let mut endings = BTreeMap::new();
    for half in halves {
        for ending in half.await.unwrap() {
            *endings.entry(ending).or_insert(0) += 1;
        }
    }
    println!("spoilers: {endings:?}");
    for (ending, share) in [("returned", 1), ("TypeError", 1), ("DeadlockError", 1), ("fuel", 3), ("memory", 1)] {
        assert!(endings.get(ending).is_some_and(|count| *count >= share * TURNS / ENDINGS.len()), "{ending}: {endings:?}");
    }
}

/// The look is good for something: what would leak is seen, each trace by itself.
#[tokio::test]
async fn each_trace_would_be_seen() {
    let clean = look(true).await;
    // What it took to leave the trace is no trace.
    let seen = |report: RunReport| (report.outcome, report.logs);
    let clean = seen(clean);
    assert!(seen(look_after(true, "const harmless = 1;").await) == clean);
    for trace in TRACES {
        assert!(seen(look_after(true, trace).await) != clean, "{trace}");
    }
}

/// Spoils and looks by turns; gives the name of each spoiler's end.
async fn turns(turns: std::ops::Range<usize>, first: Arc<[RunReport; 2]>) -> Vec<String> {
    let mut endings = Vec::new();
    for turn in turns {
        endings.push(match run(&spoiler(turn)).await.outcome {
            Outcome::Threw { error } => error.name,
            Outcome::LimitExceeded { limit, .. } => limit.as_str().to_owned(),
            other => other.kind().to_owned(),
        });
        // The walk takes a hundred milliseconds, and no ending is always followed by it.
        let walk = turn.is_multiple_of(WALK);
        let (expected, report) = (&first[usize::from(walk)], look(walk).await);
        assert!(report == *expected, "after turn {turn}:\n{:.2000}", difference(expected, &report));
    }
    endings
}

/// The first place at which two reports differ.
fn difference(expected: &RunReport, actual: &RunReport) -> String {
    let (expected, actual) = (format!("{expected:#?}").replace("\\\\n", "\n"), format!("{actual:#?}").replace("\\\\n", "\n"));
    let differ = expected.lines().zip(actual.lines()).filter(|(a, b)| a != b);
    differ.map(|(a, b)| format!("expected {a}\nactual   {b}\n")).collect()
}
