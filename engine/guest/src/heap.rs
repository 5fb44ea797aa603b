//! The heap that every sandbox starts with.

/// Bytes by which the allocator grows the memory at least: a page of Wasm. What holes there are, blocks of this size fill first, then smaller ones.
const STEP: usize = 64 << 10;
/// Bytes that a run takes before the memory has to grow. More of them would be more that cleaning up looks at.
const ROOM: usize = 256 << 10;
/// Sizes of the smallest blocks are this far apart.
const ALIGN: usize = 8;

/// Fills the holes that initialising left between the blocks that stay, with zeros, for ever, and has room behind them.
///
/// Runs then allocate one block behind the other, behind everything. Otherwise they search the holes, whose pages have to be copied when they are
/// written to; and what lay in the holes would be part of the image.
pub(crate) fn fill_holes() {
    let pages = || core::arch::wasm32::memory_size::<0>();
    // The first block that makes the memory grow lies behind all others.
    let mut before = pages();
    let end = loop {
        let block = zeros(STEP);
        if pages() > before {
            break block.as_ptr() as usize;
        }
        before = pages();
        keep(block);
    };
    let mut size = STEP;
    while size >= ALIGN {
        loop {
            let block = zeros(size);
            if block.as_ptr() as usize >= end {
                break;
            }
            keep(block);
        }
        size -= if size > 1 << 10 { size / 8 / ALIGN * ALIGN } else { ALIGN };
    }
    drop(std::hint::black_box(zeros(ROOM)));
}

fn zeros(size: usize) -> Box<[u8]> {
    vec![0; size].into_boxed_slice()
}

/// Where the compiler does not see that nobody uses it.
fn keep(block: Box<[u8]>) {
    Box::leak(std::hint::black_box(block));
}
