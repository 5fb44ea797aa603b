//! The only file that knows offsets and lengths in the guest's memory.

use ampoule_abi::{Malformed, Op, unpack};
use wasmtime::{AsContext, AsContextMut, Memory, StoreContext};

/// A message of the guest: bytes of its memory, in bounds or an error.
pub(crate) fn read<'a, T: 'static>(
    memory: Memory,
    store: impl Into<StoreContext<'a, T>>,
    ptr: u32,
    len: u32,
) -> Result<&'a [u8], Malformed> {
    let (start, len) = (ptr as usize, len as usize);
    memory.data(store).get(start..start + len).ok_or(Malformed("a message outside the guest's memory"))
}

/// The message that an export's packed result points at.
pub(crate) fn read_packed<'a, T: 'static>(
    memory: Memory,
    store: impl Into<StoreContext<'a, T>>,
    packed: u64,
) -> Result<&'a [u8], Malformed> {
    let (ptr, len) = unpack(packed);
    read(memory, store, ptr, len)
}

/// Writes a request into the buffer that the guest gave.
pub(crate) fn write(memory: Memory, mut store: impl AsContextMut, ptr: u32, bytes: &[u8]) -> Result<(), Malformed> {
    let start = ptr as usize;
    let buffer = memory.data_mut(&mut store).get_mut(start..start + bytes.len());
    buffer.ok_or(Malformed("a buffer outside the guest's memory"))?.copy_from_slice(bytes);
    Ok(())
}

/// Size of the memory in bytes.
pub(crate) fn size(memory: Memory, store: impl AsContext) -> u64 {
    memory.data_size(store) as u64
}

/// The operation of a host call.
pub(crate) fn op(number: u32) -> Result<Op, Malformed> {
    Op::from_u32(number).ok_or(Malformed("unknown host call"))
}
