//! Stands between a client and a server, and cuts or slows down their connections when it is told to.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::AbortHandle,
};

/// A proxy on a port of its own, whose target can change. It ends with its runtime.
pub struct Proxy {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Nobody, while the target is known to be dead: another's process may get its port.
    target: Mutex<Option<SocketAddr>>,
    delay: Mutex<Duration>,
    connections: Mutex<Vec<AbortHandle>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Takes connections for this target.
    pub async fn to(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared { target: Mutex::new(Some(target)), ..Shared::default() });
        let of_proxy = shared.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let pump = tokio::spawn(carry(near, of_proxy.clone()));
                let mut connections = locked(&of_proxy.connections);
                connections.retain(|connection| !connection.is_finished());
                connections.push(pump.abort_handle());
            }
        });
        Ok(Self { addr, shared })
    }

    /// From now on connections go there, or, without a target, nowhere: they are closed, as a dead target's are.
    pub fn point_to(&self, target: Option<SocketAddr>) {
        *locked(&self.shared.target) = target;
    }

    /// From now on everything that passes is late by so much, each way.
    pub fn slow_down(&self, delay: Duration) {
        *locked(&self.shared.delay) = delay;
    }

    /// Cuts every connection: how many.
    pub fn cut(&self) -> usize {
        let cut: Vec<_> = locked(&self.shared.connections).drain(..).filter(|connection| !connection.is_finished()).collect();
        cut.iter().for_each(AbortHandle::abort);
        cut.len()
    }
}

/// Until both sides have ended, or one broke.
async fn carry(near: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let target = *locked(&shared.target);
    let far = TcpStream::connect(target.ok_or(io::ErrorKind::ConnectionRefused)?).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
    tokio::try_join!(pump(near_read, far_write, &shared), pump(far_read, near_write, &shared)).map(drop)
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        let delay = *locked(&shared.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// Says back what it hears.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        addr
    }

    async fn says_back(stream: &mut TcpStream) -> bool {
        let mut heard = [0; 4];
        stream.write_all(b"word").await.is_ok() && stream.read_exact(&mut heard).await.is_ok() && &heard == b"word"
    }

    #[tokio::test]
    async fn it_carries_delays_cuts_and_refuses() {
        let proxy = Proxy::to(echo().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        assert!(says_back(&mut stream).await);
        proxy.slow_down(Duration::from_millis(50));
        let began = Instant::now();
        assert!(says_back(&mut stream).await);
        assert!(began.elapsed() >= Duration::from_millis(100));
        proxy.slow_down(Duration::ZERO);
        assert_eq!(proxy.cut(), 1);
        assert!(!says_back(&mut stream).await);
        proxy.point_to(None);
        let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
        assert!(!says_back(&mut stream).await);
    }
}
