//! No bytes that a guest can leave in its memory make the host panic, and a message that decodes encodes to the same bytes.
#![no_main]

use ampoule_abi::{LoadRequest, Operation, Reply, ResumeRequest, RunRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(reply) = Reply::decode(bytes) {
        assert_eq!(reply.encode(), bytes);
    }
    if let Ok(operation) = Operation::decode(bytes) {
        assert_eq!(operation.encode(), bytes);
    }
    if let Ok(request) = LoadRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    if let Ok(request) = RunRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    // A failed operation's flag may be any byte but 0.
    let _ = ResumeRequest::decode(bytes);
});
