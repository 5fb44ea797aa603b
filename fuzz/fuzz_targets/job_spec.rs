//! No request body makes the check of a job panic, and a job that is accepted stays within its limits.
#![no_main]

use ampoule_protocol::{JobSpec, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(spec) = serde_json::from_slice::<JobSpec>(body) else { return };
    let Ok(limits) = spec.check(&Limits::CEILING) else { return };
    assert!(spec.input.len() as u64 <= limits.input_bytes && limits.input_bytes <= Limits::CEILING.input_bytes);
    if let ampoule_protocol::JobScript::Inline(script) = &spec.script {
        assert!(script.bytes() <= limits.script_bytes);
    }
    let again: JobSpec = serde_json::from_str(&serde_json::to_string(&spec).expect("a job serialises")).expect("and parses");
    assert_eq!(again, spec);
});
