//! A memory as a module, which Wasmtime maps copy-on-write. Compiled into the engine and into its build script.

use ampoule_abi::MEMORY_IMPORT;
use wasm_encoder::{ConstExpr, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module};

const WASM_PAGE: usize = 64 << 10;

/// Data is stored per page of the machine; pages of zeros are left out.
pub(crate) const PAGE: usize = 4 << 10;

/// A module that is nothing but a memory with these bytes in it, exported as [`MEMORY_IMPORT`]`.1`.
pub(crate) fn memory_module(image: &[u8]) -> Vec<u8> {
    let mut memory = MemorySection::new();
    memory.memory(MemoryType {
        minimum: image.len().div_ceil(WASM_PAGE) as u64,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export(MEMORY_IMPORT.1, ExportKind::Memory, 0);
    let mut data = DataSection::new();
    let pages: Vec<&[u8]> = image.chunks(PAGE).collect();
    let mut next = 0;
    while next < pages.len() {
        let start = next;
        while next < pages.len() && pages[next].iter().any(|byte| *byte != 0) {
            next += 1;
        }
        if next > start {
            let bytes = &image[start * PAGE..(next * PAGE).min(image.len())];
            // Bits of the address, not a negative number: the constant's type is signed.
            data.active(0, &ConstExpr::i32_const((start * PAGE) as u32 as i32), bytes.iter().copied());
        } else {
            next += 1;
        }
    }
    let mut module = Module::new();
    module.section(&memory).section(&exports).section(&data);
    module.finish()
}
