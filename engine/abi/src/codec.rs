use std::fmt;

/// Builds a message.
#[derive(Default)]
pub struct Writer(Vec<u8>);

/// Takes a message apart, front to back.
pub struct Reader<'a>(&'a [u8]);

/// A message that is not what its kind says: the other side is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed message between host and guest: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

impl Writer {
    /// An empty message with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Appends one byte.
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Appends an integer.
    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends a long integer.
    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends a float's bits.
    pub fn f64(&mut self, value: f64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// Appends a field: length, then bytes.
    ///
    /// # Panics
    /// When the field is 4 GiB or longer; limits are far below.
    pub fn field(&mut self, bytes: &[u8]) {
        self.u32(u32::try_from(bytes.len()).expect("a field is below 4 GiB"));
        self.0.extend_from_slice(bytes);
    }

    /// Appends a field that comes in two halves.
    ///
    /// # Panics
    /// As [`field`](Self::field).
    pub fn halves(&mut self, first: &[u8], second: &[u8]) {
        self.u32(u32::try_from(first.len() + second.len()).expect("a field is below 4 GiB"));
        self.0.extend_from_slice(first);
        self.0.extend_from_slice(second);
    }

    /// The message.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> Reader<'a> {
    /// Starts at the front of `message`.
    pub const fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (front, rest) = self.0.split_at_checked(len).ok_or(Malformed("too short"))?;
        self.0 = rest;
        Ok(front)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        Ok(self.take(1)?[0])
    }

    /// The next integer.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    /// The next long integer.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    /// The next float.
    pub fn f64(&mut self) -> Result<f64, Malformed> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// The next field.
    pub fn field(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u32()? as usize;
        self.take(len)
    }

    /// The next field, which is text.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.field()?).map_err(|_| Malformed("text is not UTF-8"))
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Nothing may be left.
    pub const fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("too long")) }
    }
}
