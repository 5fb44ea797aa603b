//! Splits a pre-initialised module into a code module, which imports its memory, and the image of that memory.
//!
//! Code is compiled once for ever; every image, the engine's own and those of loaded scripts, is a module of a few hundred
//! bytes and its data, which Wasmtime maps copy-on-write.

use ampoule_abi::{MAILBOX_EXPORT, MEMORY_IMPORT};
use anyhow::{Context as _, Result, bail, ensure};
use wasm_encoder::{EntityType, ImportSection, MemoryType, Module, RawSection, reencode};
use wasmparser::{DataKind, Operator, Parser, Payload, TypeRef};

const WASM_PAGE: usize = 64 << 10;

/// A module's two halves.
pub(crate) struct Parts {
    /// Everything but the memory.
    pub(crate) code: Vec<u8>,
    /// The memory's bytes.
    pub(crate) image: Vec<u8>,
}

/// Takes apart a module that defines one 32-bit memory, which all its data is written to.
pub(crate) fn split(wasm: &[u8]) -> Result<Parts> {
    let mut code = Module::new();
    let mut image = Vec::new();
    let mut import_written = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(section) => {
                code.section(&imports(Some(section.clone()))?);
                import_written = true;
                continue;
            }
            Payload::FunctionSection(_) if !import_written => {
                code.section(&imports(None)?);
                import_written = true;
            }
            Payload::MemorySection(section) => {
                let memories = section.clone().into_iter().collect::<Result<Vec<_>, _>>()?;
                let [memory] = memories[..] else { bail!("expected one memory, found {}", memories.len()) };
                ensure!(!memory.memory64 && !memory.shared, "expected a plain 32-bit memory");
                image.resize(usize::try_from(memory.initial)? * WASM_PAGE, 0);
                continue;
            }
            // Only `memory.init` and `data.drop` need the count, and no data stays behind for them.
            Payload::DataCountSection { .. } => continue,
            Payload::DataSection(section) => {
                for segment in section.clone() {
                    let segment = segment?;
                    match segment.kind {
                        DataKind::Active { offset_expr, .. } => {
                            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                                bail!("data at a computed offset")
                            };
                            let start = value as u32 as usize;
                            image[start..start + segment.data.len()].copy_from_slice(segment.data);
                        }
                        // Left behind empty by the pre-initialisation.
                        DataKind::Passive => ensure!(segment.data.is_empty(), "a passive data segment with content"),
                    }
                }
                continue;
            }
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            code.section(&RawSection { id, data: &wasm[range] });
        }
    }
    Ok(Parts { code: code.finish(), image })
}

fn imports(section: Option<wasmparser::ImportSectionReader<'_>>) -> Result<ImportSection> {
    let mut imports = ImportSection::new();
    if let Some(section) = section {
        for import in section.clone().into_imports() {
            ensure!(matches!(import?.ty, TypeRef::Func(_)), "the guest imports something other than functions");
        }
        reencode::utils::parse_import_section(&mut reencode::RoundtripReencoder, &mut imports, section)?;
    }
    let memory = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import(MEMORY_IMPORT.0, MEMORY_IMPORT.1, EntityType::Memory(memory));
    Ok(imports)
}

/// The address that the guest exports as its mailbox.
pub(crate) fn mailbox(wasm: &[u8]) -> Result<u32> {
    let (mut globals, mut index) = (Vec::new(), None);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::GlobalSection(section) => globals = section.into_iter().collect::<Result<_, _>>()?,
            Payload::ExportSection(section) => {
                let exports = section.into_iter().collect::<Result<Vec<_>, _>>()?;
                index = exports.iter().find(|export| export.name == MAILBOX_EXPORT).map(|export| export.index as usize);
            }
            _ => {}
        }
    }
    let global = index.and_then(|index| globals.get(index)).context("the guest exports no mailbox")?;
    match global.init_expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value as u32),
        other => bail!("the mailbox lies at {other:?}"),
    }
}
