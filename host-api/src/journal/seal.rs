use super::JournalError;
use crate::mask::Masker;

/// Writes a payload without the secrets in it.
pub(super) fn seal(bytes: &[u8], masker: Option<&Masker>, to: &mut Vec<u8>) {
    let holes = masker.map(|masker| masker.holes(bytes)).unwrap_or_default();
    to.extend((holes.len() as u32).to_le_bytes());
    for (range, needle) in &holes {
        for number in [range.start as u32, *needle as u32, range.len() as u32] {
            to.extend(number.to_le_bytes());
        }
        let capitals = bytes[range.clone()]
            .chunks(8)
            .map(|eight| eight.iter().enumerate().fold(0, |bits, (at, byte)| bits | u8::from(byte.is_ascii_uppercase()) << at));
        to.extend(capitals);
    }
    let start = to.len();
    to.extend_from_slice(bytes);
    for (range, _) in holes {
        to[start + range.start..start + range.end].fill(0);
    }
}

/// Reads a payload and puts the secrets back.
pub(super) fn open(mut payload: &[u8], masker: Option<&Masker>) -> Result<Vec<u8>, JournalError> {
    let mut holes = Vec::new();
    for _ in 0..number(&mut payload)? {
        let (at, needle, len) = (number(&mut payload)? as usize, number(&mut payload)? as usize, number(&mut payload)? as usize);
        let capitals = payload.split_off(..len.div_ceil(8)).ok_or(JournalError::Damaged)?;
        holes.push((at, needle, len, capitals));
    }
    let mut bytes = payload.to_vec();
    for (at, needle, len, capitals) in holes {
        let text = masker.and_then(|masker| masker.needle(needle)).filter(|text| text.len() == len).ok_or(JournalError::Secrets)?;
        let hole = bytes.get_mut(at..at + len).ok_or(JournalError::Damaged)?;
        for (place, (byte, letter)) in hole.iter_mut().zip(text).enumerate() {
            *byte = if capitals[place / 8] >> (place % 8) & 1 == 1 { letter.to_ascii_uppercase() } else { *letter };
        }
    }
    Ok(bytes)
}

pub(super) fn number(from: &mut &[u8]) -> Result<u32, JournalError> {
    let bytes = from.split_off(..4).and_then(|bytes| bytes.try_into().ok()).ok_or(JournalError::Damaged)?;
    Ok(u32::from_le_bytes(bytes))
}
