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
    /// As the guest reads it.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, body): (u8, &[u8]) = match self.body {
            Contents::None => (0, &[]),
            Contents::Text(text) => (1, text.as_bytes()),
            Contents::Bytes(bytes) => (2, bytes),
        };
        let mut w = Writer::with_capacity(self.value.len() + body.len() + 9);
        w.byte(kind);
        w.field(self.value.as_bytes());
        w.field(body);
        w.finish()
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
        for body in [Contents::None, Contents::Text("t"), Contents::Bytes(b"\xff")] {
            let answer = CallAnswer { value: "null", body };
            let bytes = answer.encode();
            assert_eq!(CallAnswer::decode(&bytes).unwrap(), answer);
            assert!((0..bytes.len()).all(|cut| CallAnswer::decode(&bytes[..cut]).is_err()));
        }
    }
}
