//! ampoule-host-api
