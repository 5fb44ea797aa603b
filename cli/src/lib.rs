//! ampoule
