//! ampoule-worker
