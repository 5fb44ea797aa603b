use wasmtime::ResourceLimiter;

use crate::verdict::Stop;

/// Elements of the guest's one table: its functions. It never grows.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 1 << 16;

/// Bounds the memory of one sandbox.
pub(crate) struct MemoryLimiter {
    max_bytes: u64,
}

impl MemoryLimiter {
    pub(crate) const fn new(max_bytes: u64) -> Self {
        Self { max_bytes }
    }
}

impl ResourceLimiter for MemoryLimiter {
    /// Answers growth beyond the limit with an error of ours: a plain "no" would leave a trap that nothing tells from a defect.
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired as u64 > self.max_bytes { Err(Stop::Memory { wanted: desired as u64 }.into()) } else { Ok(true) }
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}
