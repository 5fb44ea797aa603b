//! gzip, zlib and raw deflate, by `miniz_oxide`: <https://compression.spec.whatwg.org>. A stream gives out what it has in pieces of bounded size,
//! each asked for alone: a small input that stands for a huge output fills memory only as far as the script lets it.

use std::cell::RefCell;

use boa_engine::{Context, Finalize, JsArgs, JsData, JsObject, JsResult, JsValue, Trace, native_function::NativeFunctionPointer};
use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    deflate::{core::CompressorOxide, stream::deflate},
    inflate::stream::{InflateState, inflate},
};

use super::{
    bytes,
    text::string,
    tools::{object, record},
};

/// What a call gives out at most.
const PIECE_BYTES: usize = 64 << 10;
/// The level that zlib and browsers take.
const LEVEL: u8 = 6;
/// A header with names and comments that is longer is refused.
const MAX_GZIP_HEADER_BYTES: usize = 64 << 10;
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 3] =
    [("newCompressor", new_compressor), ("newDecompressor", new_decompressor), ("codec", codec)];

#[derive(Trace, Finalize, JsData)]
struct Handle(#[unsafe_ignore_trace] RefCell<Codec>);

struct Codec {
    /// What came in and was not yet worked on.
    input: Vec<u8>,
    gzip: bool,
    crc: u32,
    length: u32,
    /// Where gzip's head or tail stands.
    stage: Stage,
    engine: Engine,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
    Tail,
    Ended,
}

enum Engine {
    Compress(Box<CompressorOxide>),
    Decompress(Box<InflateState>),
}

fn handle(format: &str, engine: Engine) -> JsValue {
    let gzip = format == "gzip";
    let stage = if gzip { Stage::Head } else { Stage::Body };
    let codec = Codec { input: Vec::new(), gzip, crc: 0, length: 0, stage, engine };
    JsObject::from_proto_and_data(None, Handle(RefCell::new(codec))).into()
}

/// `newCompressor(format)`.
fn new_compressor(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let format = string(arguments, 0).to_std_string_lossy();
    let mut compressor = Box::new(CompressorOxide::default());
    compressor.set_format_and_level(if format == "deflate" { DataFormat::Zlib } else { DataFormat::Raw }, LEVEL);
    Ok(handle(&format, Engine::Compress(compressor)))
}

/// `newDecompressor(format)`.
fn new_decompressor(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let format = string(arguments, 0).to_std_string_lossy();
    let state = InflateState::new_boxed(if format == "deflate" { DataFormat::Zlib } else { DataFormat::Raw });
    Ok(handle(&format, Engine::Decompress(state)))
}

/// `codec(handle, bytes or undefined, last)`: `{bytes, more, bad}`: a piece of output, whether there may be more without further input, and whether the input
/// is malformed, ends early or goes on behind its end.
fn codec(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let handle = object(arguments, 0);
    let handle = handle.downcast_ref::<Handle>().expect("our sources give a codec");
    let codec = &mut *handle.0.borrow_mut();
    let input = arguments.get_or_undefined(1);
    if !input.is_undefined() {
        codec.input.extend(bytes::copied(input, context)?);
    }
    let last = arguments.get_or_undefined(2).to_boolean();
    let mut piece = vec![0; PIECE_BYTES];
    let step = match &codec.engine {
        Engine::Compress(_) => codec.compress(&mut piece, last),
        Engine::Decompress(_) => codec.decompress(&mut piece, last),
    };
    let (written, more, bad) = step.map_or((0, false, true), |(written, more)| (written, more, false));
    let bytes = bytes::array(&piece[..written], context)?;
    record([("bytes", bytes), ("length", written.into()), ("more", more.into()), ("bad", bad.into())], context)
}

struct Bad;

impl Codec {
    fn compress(&mut self, piece: &mut [u8], last: bool) -> Result<(usize, bool), Bad> {
        let Engine::Compress(compressor) = &mut self.engine else { unreachable!("a compressor") };
        match self.stage {
            Stage::Head => {
                piece[..GZIP_HEADER.len()].copy_from_slice(&GZIP_HEADER);
                self.stage = Stage::Body;
                Ok((GZIP_HEADER.len(), true))
            }
            Stage::Body => {
                let result = deflate(compressor, &self.input, piece, if last { MZFlush::Finish } else { MZFlush::None });
                let consumed: Vec<u8> = self.input.drain(..result.bytes_consumed).collect();
                if self.gzip {
                    self.crc = crc32(self.crc, &consumed);
                    self.length = self.length.wrapping_add(consumed.len() as u32);
                }
                let ended = result.status == Ok(MZStatus::StreamEnd);
                if ended {
                    self.stage = if self.gzip { Stage::Tail } else { Stage::Ended };
                }
                let more = if ended { self.gzip } else { result.bytes_written == piece.len() || !self.input.is_empty() };
                Ok((result.bytes_written, more && (result.bytes_written > 0 || result.bytes_consumed > 0 || ended)))
            }
            Stage::Tail => {
                piece[..4].copy_from_slice(&self.crc.to_le_bytes());
                piece[4..8].copy_from_slice(&self.length.to_le_bytes());
                self.stage = Stage::Ended;
                Ok((8, false))
            }
            Stage::Ended => Ok((0, false)),
        }
    }

    fn decompress(&mut self, piece: &mut [u8], last: bool) -> Result<(usize, bool), Bad> {
        let Engine::Decompress(state) = &mut self.engine else { unreachable!("a decompressor") };
        match self.stage {
            Stage::Head => match gzip_header(&self.input)? {
                Some(length) => {
                    self.input.drain(..length);
                    self.stage = Stage::Body;
                    Ok((0, true))
                }
                None if last => Err(Bad),
                None => Ok((0, false)),
            },
            Stage::Body => {
                let result = inflate(state, &self.input, piece, MZFlush::None);
                self.input.drain(..result.bytes_consumed);
                if self.gzip {
                    self.crc = crc32(self.crc, &piece[..result.bytes_written]);
                    self.length = self.length.wrapping_add(result.bytes_written as u32);
                }
                match result.status {
                    Ok(MZStatus::StreamEnd) => {
                        self.stage = if self.gzip { Stage::Tail } else { Stage::Ended };
                        Ok((result.bytes_written, true))
                    }
                    Ok(_) | Err(MZError::Buf) => {
                        let moved = result.bytes_written > 0 || result.bytes_consumed > 0;
                        if last && !moved { Err(Bad) } else { Ok((result.bytes_written, moved && (last || result.bytes_written > 0))) }
                    }
                    Err(_) => Err(Bad),
                }
            }
            Stage::Tail => {
                let Some(tail) = self.input.get(..8) else { return if last { Err(Bad) } else { Ok((0, false)) } };
                if tail[..4] != self.crc.to_le_bytes() || tail[4..] != self.length.to_le_bytes() {
                    return Err(Bad);
                }
                self.input.drain(..8);
                self.stage = Stage::Ended;
                Ok((0, true))
            }
            Stage::Ended => {
                if self.input.is_empty() {
                    Ok((0, false))
                } else {
                    Err(Bad)
                }
            }
        }
    }
}

/// The length of gzip's header, once all of it is there.
fn gzip_header(input: &[u8]) -> Result<Option<usize>, Bad> {
    const EXTRA: u8 = 4;
    const TEXTS: [u8; 2] = [8, 16];
    const CHECKSUM: u8 = 2;
    let known = input.len().min(3);
    if input[..known] != GZIP_HEADER[..known] || input.len() > MAX_GZIP_HEADER_BYTES && input[3] != 0 && input[3] & 0xe0 != 0 {
        return Err(Bad);
    }
    let Some(flags) = input.get(3).copied() else { return Ok(None) };
    let mut at = GZIP_HEADER.len();
    if flags & EXTRA != 0 {
        let Some(length) = input.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in TEXTS {
        if flags & text != 0 {
            let Some(end) = input.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return if input.len() > MAX_GZIP_HEADER_BYTES { Err(Bad) } else { Ok(None) };
            };
            at += end + 1;
        }
    }
    if flags & CHECKSUM != 0 {
        at += 2;
    }
    Ok((input.len() >= at).then_some(at))
}

/// CRC-32 of zlib, by nibbles: a table of 64 bytes is enough for what a script compresses.
fn crc32(crc: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut at = 0;
        while at < 16 {
            let (mut value, mut bit) = (at as u32, 0);
            while bit < 4 {
                value = if value & 1 == 1 { value >> 1 ^ 0xedb8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[at] = value;
            at += 1;
        }
        table
    };
    !bytes.iter().fold(!crc, |crc, byte| {
        let crc = crc ^ u32::from(*byte);
        let crc = crc >> 4 ^ TABLE[crc as usize & 15];
        crc >> 4 ^ TABLE[crc as usize & 15]
    })
}
