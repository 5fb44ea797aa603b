//! No code: its manifest is what counts, and says why.
