//! ampoule-manager
