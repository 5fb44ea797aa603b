use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
};

/// Below the ports that Linux gives to whoever asks for any, so that nobody gets this one while its owner is dead for a moment.
const PORTS: std::ops::Range<u32> = 12_000..32_000;

/// A free port for a server that is started more than once.
pub(crate) fn lasting() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let width = PORTS.end - PORTS.start;
    // Processes that run at the same time begin far from each other.
    let first = std::process::id().wrapping_mul(7_919);
    let candidates = (0..width).map(|_| PORTS.start + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % width);
    let free = candidates.filter_map(|port| u16::try_from(port).ok()).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.expect("a free port")
}
