//! ampoule-charts
