//! ampoule-benches
