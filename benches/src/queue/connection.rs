//! HTTP/1.1 as far as it is needed to ask a manager for little of this process's time: one connection, one call after the other.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A call, printed once and sent often.
#[derive(Clone)]
pub(super) struct Call(Vec<u8>);

impl Call {
    pub(super) fn post(path: &str, body: &str) -> Self {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        Self((head + body).into_bytes())
    }

    pub(super) fn get(path: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes())
    }
}

pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) async fn open(addr: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(64 << 10, stream)))
    }

    /// The body of an answer that is no error.
    pub(super) async fn text(&mut self, call: &Call) -> Result<Vec<u8>> {
        self.0.get_mut().write_all(&call.0).await?;
        let (mut line, mut status, mut length) = (String::new(), None, None);
        loop {
            line.clear();
            ensure!(self.0.read_line(&mut line).await? > 0, "the manager closed the connection");
            let said = line.trim_end();
            if said.is_empty() {
                break;
            }
            if let Some(rest) = said.strip_prefix("HTTP/1.1 ") {
                status = rest.get(..3).and_then(|code| code.parse::<u16>().ok());
            } else if let Some((name, value)) = said.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let mut body = vec![0; length.context("the manager sends no length")?];
        self.0.read_exact(&mut body).await?;
        match status {
            Some(200..300) => Ok(body),
            status => bail!("the manager answers {status:?}: {}", String::from_utf8_lossy(&body)),
        }
    }

    pub(super) async fn call<T: DeserializeOwned>(&mut self, call: &Call) -> Result<T> {
        let body = self.text(call).await?;
        serde_json::from_slice(&body).with_context(|| format!("the manager answers {}", String::from_utf8_lossy(&body)))
    }
}
