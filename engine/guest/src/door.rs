//! The door: everything that enters or leaves the guest passes here, and nowhere else.
//!
//! Out: [`call`], the guest's only import. In: the exports that `ampoule_abi` describes. Built natively (for tests), the
//! import is a closure that a test hangs up with [`mock`], and there are no exports.
#![cfg_attr(target_arch = "wasm32", expect(unsafe_code, reason = "the import, the exports and the memory that they share with the host"))]

use std::cell::{Cell, RefCell};

use ampoule_abi::Op;
use boa_engine::object::builtins::AlignedVec;

thread_local! {
    static PASSAGES: Cell<u32> = const { Cell::new(0) };
    /// Given to the host since the last resume.
    static CONTENTS: RefCell<Vec<Option<AlignedVec<u8>>>> = const { RefCell::new(Vec::new()) };
}

/// Makes a host call and gives the host's answer.
pub fn call(op: Op, payload: &[u8]) -> u64 {
    passed();
    wire::call(op, payload)
}

/// Takes the so many-th buffer of contents that the host has filled for this resume.
///
/// # Panics
/// When there is none: the host is broken.
pub(crate) fn contents(buffer: u32) -> AlignedVec<u8> {
    CONTENTS.with_borrow_mut(|buffers| buffers.get_mut(buffer as usize).and_then(Option::take)).expect("a buffer that the host filled")
}

/// How often the door was passed, in either direction: what was asked under an older count may have changed.
pub fn passages() -> u32 {
    PASSAGES.get()
}

fn passed() {
    PASSAGES.set(PASSAGES.get().wrapping_add(1));
}

#[cfg(target_arch = "wasm32")]
mod wire {
    use std::cell::{Cell, RefCell, UnsafeCell};

    use ampoule_abi::{LoadRequest, MAILBOX_BYTES, Op, ResumeRequest, RunRequest, pack};
    use boa_engine::object::builtins::AlignedVec;

    use crate::run::{Answer, Guest};

    #[link(wasm_import_module = "ampoule")]
    unsafe extern "C" {
        fn host_call(op: u32, ptr: *const u8, len: usize) -> u64;
    }

    pub(super) fn call(op: Op, payload: &[u8]) -> u64 {
        // SAFETY: the host reads `len` bytes from `ptr` and writes nothing.
        unsafe { host_call(op as u32, payload.as_ptr(), payload.len()) }
    }

    /// Written by the host alone, between two calls of exports.
    #[repr(transparent)]
    struct Mailbox(UnsafeCell<[u8; MAILBOX_BYTES]>);

    // SAFETY: the guest has one thread.
    unsafe impl Sync for Mailbox {}

    #[unsafe(no_mangle)]
    static MAILBOX: Mailbox = Mailbox(UnsafeCell::new([0; MAILBOX_BYTES]));

    /// Instrumented code asks for it, to have LLVM's runtime linked, which this guest does without.
    #[cfg(profiled)]
    #[expect(non_upper_case_globals, reason = "LLVM's name")]
    #[unsafe(no_mangle)]
    static __llvm_profile_runtime: i32 = 0;

    thread_local! {
        static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) };
        static REQUEST: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
        static REPLY: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }

    fn answer(ptr: u32, len: u32, answer: impl FnOnce(&mut Guest, &[u8]) -> Answer) -> u64 {
        super::passed();
        drop(REPLY.take());
        let allocated = REQUEST.take();
        let request = if ptr == MAILBOX.0.get() as usize as u32 && len as usize <= MAILBOX_BYTES {
            // SAFETY: in bounds, initialised, and not written to before this call has returned.
            unsafe { std::slice::from_raw_parts(MAILBOX.0.get().cast::<u8>(), len as usize) }
        } else {
            assert!(
                allocated.as_ptr() as usize as u32 == ptr && allocated.len() == len as usize,
                "the request is neither in the mailbox nor in the buffer of `alloc`"
            );
            &allocated
        };
        let reply = GUEST.with_borrow_mut(|guest| answer(guest.get_or_insert_with(Guest::new), request)).encode();
        let packed = pack(reply.as_ptr() as usize as u32, reply.len() as u32);
        REPLY.set(reply);
        packed
    }

    /// A buffer for one request.
    #[unsafe(no_mangle)]
    extern "C" fn alloc(len: u32) -> u32 {
        let request = vec![0; len as usize];
        let ptr = request.as_ptr() as usize as u32;
        REQUEST.set(request);
        ptr
    }

    /// A buffer for contents of a result that the next resume tells of.
    #[unsafe(no_mangle)]
    extern "C" fn contents(len: u32) -> u32 {
        let mut buffer = AlignedVec::<u8>::with_capacity(0, len as usize);
        // SAFETY: there is room for them, and the host writes them all before anything else happens here.
        unsafe { buffer.set_len(len as usize) };
        let ptr = buffer.as_ptr() as usize as u32;
        super::CONTENTS.with_borrow_mut(|buffers| buffers.push(Some(buffer)));
        ptr
    }

    #[unsafe(no_mangle)]
    extern "C" fn load(ptr: u32, len: u32) -> u64 {
        answer(ptr, len, |guest, request| guest.load(&LoadRequest::decode(request).expect("a load request")))
    }

    #[unsafe(no_mangle)]
    extern "C" fn run(ptr: u32, len: u32) -> u64 {
        answer(ptr, len, |guest, request| guest.run(&RunRequest::decode(request).expect("a run request")))
    }

    #[unsafe(no_mangle)]
    extern "C" fn resume(ptr: u32, len: u32) -> u64 {
        let packed = answer(ptr, len, |guest, request| guest.resume(&ResumeRequest::decode(request).expect("a resume request")));
        // Of operations that the script gave up.
        super::CONTENTS.take();
        packed
    }

    /// Run once at build time; the memory that it leaves is where every sandbox starts.
    #[unsafe(export_name = "wizer-initialize")]
    extern "C" fn initialize() {
        std::panic::set_hook(Box::new(|panic| {
            call(Op::Panic, panic.to_string().as_bytes());
        }));
        GUEST.set(Some(Guest::warmed()));
        crate::heap::fill_holes();
    }

    /// Backend of the `getrandom` crate.
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(dest: *mut u8, len: usize) -> Result<(), getrandom::Error> {
        // SAFETY: getrandom gives a buffer of `len` bytes, perhaps not yet initialised; zeroes initialise it.
        let dest = unsafe {
            dest.write_bytes(0, len);
            std::slice::from_raw_parts_mut(dest, len)
        };
        for chunk in dest.chunks_mut(8) {
            chunk.copy_from_slice(&super::call(Op::Random, &[]).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod wire {
    use std::cell::RefCell;

    use ampoule_abi::Op;

    type Host = Box<dyn FnMut(Op, &[u8]) -> u64>;

    thread_local! {
        static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    }

    pub(super) fn call(op: Op, payload: &[u8]) -> u64 {
        HOST.with_borrow_mut(|host| host.as_mut().map_or(0, |host| host(op, payload)))
    }

    /// Answers this thread's host calls from now on.
    pub fn mock(host: impl FnMut(Op, &[u8]) -> u64 + 'static) {
        HOST.set(Some(Box::new(host)));
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use wire::mock;
