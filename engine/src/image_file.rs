//! Images on disk: data only, never machine code, and checked before use.
//!
//! A file is a BLAKE3 hash of all that follows it, the engine's id, the script's key, then the image: `load_fuel` and `memory_bytes` as
//! 64-bit integers, the log (count; level and text of each), the runs of pages (count; offset and length of each), their bytes.
//! Integers are little-endian; a field is its length as `u32`, then its bytes. What is truncated, changed, or of another engine is removed and built anew.

use std::{fs, io, path::Path};

use ampoule_abi::{Malformed, Reader, Writer};
use ampoule_protocol::{LogLevel, LogLine};

use crate::{
    guest,
    image::{Image, Pages},
    image_cache::ImageKey,
};

/// Reads an image, if there is a sound one.
pub(crate) fn read(dir: &Path, key: ImageKey) -> Option<Image> {
    let path = dir.join(name(key));
    let file = fs::read(&path).ok()?;
    match decode(&file, key) {
        Ok(image) => Some(image),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "an image on disk is damaged or foreign; it is made anew");
            let _ = fs::remove_file(&path);
            None
        }
    }
}

/// Writes an image that is still pages. Readers see it whole or not at all.
pub(crate) fn write(dir: &Path, key: ImageKey, image: &Image) -> io::Result<()> {
    let Some(pages) = image.pages() else { return Ok(()) };
    fs::create_dir_all(dir)?;
    let part = dir.join(format!("{}.{}.part", name(key), std::process::id()));
    fs::write(&part, encode(key, image, pages))?;
    fs::rename(part, dir.join(name(key)))
}

fn name(key: ImageKey) -> String {
    format!("{}-{}.image", guest::ID, key.to_hex())
}

fn encode(key: ImageKey, image: &Image, pages: &Pages) -> Vec<u8> {
    let mut w = Writer::with_capacity(pages.bytes.len() + 4096);
    w.field(guest::ID.as_bytes());
    w.field(key.to_hex().as_bytes());
    w.u64(image.load_fuel);
    w.u64(image.memory_bytes);
    w.u32(image.log.len() as u32);
    for line in &image.log {
        w.byte(LogLevel::ALL.iter().position(|level| *level == line.level).unwrap_or_default() as u8);
        w.field(line.message.as_bytes());
    }
    w.u32(pages.runs.len() as u32);
    for (at, len) in &pages.runs {
        w.u32(*at);
        w.u32(*len);
    }
    w.field(&pages.bytes);
    let body = w.finish();
    [blake3::hash(&body).as_bytes(), &body[..]].concat()
}

fn decode(file: &[u8], key: ImageKey) -> Result<Image, Malformed> {
    let (hash, body) = file.split_at_checked(blake3::OUT_LEN).ok_or(Malformed("too short"))?;
    if blake3::hash(body).as_bytes() != hash {
        return Err(Malformed("its checksum does not match"));
    }
    let mut r = Reader::new(body);
    if r.text()? != guest::ID || r.text()? != key.to_hex() {
        return Err(Malformed("it belongs to another engine or script"));
    }
    let (load_fuel, memory_bytes) = (r.u64()?, r.u64()?);
    let log = (0..r.u32()?)
        .map(|offset| {
            let level = *LogLevel::ALL.get(usize::from(r.byte()?)).ok_or(Malformed("unknown log level"))?;
            Ok(LogLine { offset: offset.into(), level, message: r.text()?.to_owned() })
        })
        .collect::<Result<_, Malformed>>()?;
    let runs = (0..r.u32()?).map(|_| Ok((r.u32()?, r.u32()?))).collect::<Result<Vec<_>, Malformed>>()?;
    let bytes = r.field()?.to_vec();
    r.end()?;
    let inside = runs.iter().all(|(at, len)| u64::from(*at) + u64::from(*len) <= memory_bytes);
    let whole = runs.iter().map(|(_, len)| u64::from(*len)).sum::<u64>() == bytes.len() as u64;
    if !inside || !whole || memory_bytes < guest::BASE.len() as u64 || memory_bytes > 1 << 32 {
        return Err(Malformed("its pages do not fit its memory"));
    }
    Ok(Image::new(memory_bytes, load_fuel, log, Pages { runs, bytes }))
}
