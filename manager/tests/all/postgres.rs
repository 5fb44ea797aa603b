//! The PostgreSQL server of this process's tests: started when the first one needs it.

use std::sync::OnceLock;

pub(crate) use ampoule_testbed::postgres::Server;

/// Set in CI, where a missing server is a failure and not a reason to skip.
const REQUIRED: &str = "CI";

/// Whether this machine has a server to start; says so loudly if not.
pub(crate) fn is_there() -> bool {
    static SAID: OnceLock<bool> = OnceLock::new();
    *SAID.get_or_init(|| {
        let found = Server::is_installed();
        if !found {
            let said = "SKIPPED: no PostgreSQL server (apt install postgresql): the queue was not tested on it";
            assert!(std::env::var_os(REQUIRED).is_none(), "{said}");
            eprintln!("\n!! {said}\n");
        }
        found
    })
}

/// The server that all tests of this process share.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().unwrap())
}
