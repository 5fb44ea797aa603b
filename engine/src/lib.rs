//! ampoule-engine
