use crate::{Malformed, Reader, Writer};

/// A call of a capability: the payload of [`Op::Call`](crate::Op::Call).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRequest<'a> {
    /// `CAPABILITY.VERB`.
    pub method: &'a str,
    /// A JSON object.
    pub args: &'a str,
    /// Contents: of a file, of a request.
    pub body: &'a [u8],
}

/// What a call gave: the [`Completed::result`](crate::Completed::result) of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallAnswer<'a> {
    /// JSON text.
    pub value: &'a str,
    /// Contents.
    pub body: Contents<'a>,
}

/// Contents, as the script gets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents<'a> {
    /// None.
    None,
    /// A string.
    Text(&'a str),
    /// A `Uint8Array`.
    Bytes(&'a [u8]),
    /// The same, in the so many-th buffer that the guest gave for this resume.
    Beside(u32),
}

/// Bytes from which on contents go into a buffer of their own.
pub const BESIDE_BYTES: usize = 16 << 10;

/// What comes of the head of an answer whose bytes go into the so many-th buffer: all of the answer. `None`: it has no bytes.
pub fn beside(mut head: Vec<u8>, buffer: u32) -> Option<Vec<u8>> {
    let len = head.len().checked_sub(4)?;
    if head.first() != Some(&2) {
        return None;
    }
    head[0] = 3;
    head[len..].copy_from_slice(&buffer.to_le_bytes());
    Some(head)
}

impl<'a> CallRequest<'a> {
    /// As the host reads it.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.method.len() + self.args.len() + self.body.len() + 12);
        w.field(self.method.as_bytes());
        w.field(self.args.as_bytes());
        w.field(self.body);
        w.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let request = Self { method: r.text()?, args: r.text()?, body: r.field()? };
        r.end()?;
        Ok(request)
    }
}

impl<'a> CallAnswer<'a> {
    /// As the guest reads it, but for the contents, which follow.
    ///
    /// # Panics
    /// When there are 4 GiB of them.
    pub fn head(&self) -> Vec<u8> {
        let (kind, number) = match self.body {
            Contents::None => (0, 0),
            Contents::Text(text) => (1, text.len()),
            Contents::Bytes(bytes) => (2, bytes.len()),
            Contents::Beside(buffer) => (3, buffer as usize),
        };
        let mut w = Writer::with_capacity(self.value.len() + 9);
        w.byte(kind);
        w.field(self.value.as_bytes());
        w.u32(u32::try_from(number).expect("contents are below 4 GiB"));
        w.finish()
    }

    /// As the guest reads it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.head();
        match self.body {
            Contents::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Contents::Bytes(contents) => bytes.extend_from_slice(contents),
            Contents::None | Contents::Beside(_) => {}
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub fn decode(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut r = Reader::new(message);
        let kind = r.byte()?;
        let value = r.text()?;
        let body = match kind {
            0 => Contents::None,
            1 => Contents::Text(r.text()?),
            2 => Contents::Bytes(r.field()?),
            3 => Contents::Beside(r.u32()?),
            _ => return Err(Malformed("unknown contents")),
        };
        if kind == 0 {
            r.field()?;
        }
        r.end()?;
        Ok(Self { value, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_round() {
        let request = CallRequest { method: "dir.readText", args: "{}", body: b"x" };
        assert_eq!(CallRequest::decode(&request.encode()).unwrap(), request);
        for body in [Contents::None, Contents::Text("t"), Contents::Bytes(b"\xff"), Contents::Beside(7)] {
            let answer = CallAnswer { value: "null", body };
            let bytes = answer.encode();
            assert_eq!(CallAnswer::decode(&bytes).unwrap(), answer);
            assert!((0..bytes.len()).all(|cut| CallAnswer::decode(&bytes[..cut]).is_err()));
        }
        let head = CallAnswer { value: "true", body: Contents::Bytes(b"bytes") }.head();
        let answer = beside(head, 3).unwrap();
        assert_eq!(CallAnswer::decode(&answer).unwrap(), CallAnswer { value: "true", body: Contents::Beside(3) });
        assert_eq!(beside(CallAnswer { value: "1", body: Contents::Text("t") }.head(), 3), None);
    }
}
