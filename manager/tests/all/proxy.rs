//! Stands between a test's clients and a manager, and cuts their connections when it is told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// A proxy on a port of its own, whose target can change. It ends with the test.
pub(crate) struct Proxy {
    pub(crate) url: String,
    target: Arc<Mutex<SocketAddr>>,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Proxy {
    pub(crate) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            target: Arc::new(Mutex::new(addr(url))),
            connections: Arc::default(),
        };
        let (target, connections) = (proxy.target.clone(), proxy.connections.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let target = *target.lock().unwrap();
                let pump = tokio::spawn(async move {
                    // A target that is gone closes the near side, as the target itself would.
                    if let Ok(mut far) = TcpStream::connect(target).await {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    }
                });
                let mut connections = connections.lock().unwrap();
                connections.retain(|connection| !connection.is_finished());
                connections.push(pump.abort_handle());
            }
        });
        proxy
    }

    pub(crate) fn point_to(&self, url: &str) {
        *self.target.lock().unwrap() = addr(url);
    }

    /// Cuts every connection: how many.
    pub(crate) fn cut(&self) -> usize {
        let cut: Vec<_> = self.connections.lock().unwrap().drain(..).filter(|connection| !connection.is_finished()).collect();
        cut.iter().for_each(AbortHandle::abort);
        cut.len()
    }
}

fn addr(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}
