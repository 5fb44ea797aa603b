use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A count of bytes, written `67108864`, `64MiB` or `1.5 GiB` on a command line and as a plain number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteSize(pub u64);

/// The text names no size.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size: write bytes (`65536`) or a number with KiB, MiB or GiB (`64MiB`)")]
pub struct ParseByteSizeError(String);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl ByteSize {
    /// `n` times 2²⁰ bytes.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, bytes) = UNITS.into_iter().find(|(_, bytes)| self.0 >= *bytes && self.0.is_multiple_of(*bytes)).unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl FromStr for ByteSize {
    type Err = ParseByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let err = || ParseByteSizeError(text.to_owned());
        let (number, unit) = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes))).unwrap_or((text, 1));
        let number: f64 = number.trim().parse().map_err(|_| err())?;
        let bytes = number * unit as f64;
        if bytes.is_finite() && bytes >= 0.0 && bytes.fract() == 0.0 && bytes < u64::MAX as f64 {
            Ok(Self(bytes as u64))
        } else {
            Err(err())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, bytes, printed) in
            [("0", 0, "0B"), ("65536", 65536, "64KiB"), ("64MiB", 64 << 20, "64MiB"), ("1.5 GiB", 3 << 29, "1536MiB"), ("17B", 17, "17B")]
        {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (bytes, printed), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5", "64MB", "1e400"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
