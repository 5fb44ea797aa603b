//! Stage 5: the guest counts its own fuel.
//!
//! One global holds what is left of a slice of the run's budget. Code subtracts from it what it does, about a unit for each WebAssembly
//! instruction ([`plan`] says how near, and where), and where it finds the slice used up asks the host for another ([`ampoule_abi::Op::Fuel`]). The host answers
//! with one, or lets others run first, or stops the run: so the same comparison serves the budget, the wall time, cancelling and yielding, and
//! Wasmtime's own fuel and epochs, which cost more, stay off. Since the count depends on the code alone, it is the same on every machine.
//!
//! Instructions whose work depends on an operand charge for that too: copying and filling memory a unit for every 64 bytes, growing it 1024
//! for a page, a host call 256 and a unit for every 8 bytes of its message.

mod graph;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use ampoule_abi::{FUEL_EXPORT, Op};
use anyhow::{Context as _, Result, bail, ensure};
use wasm_encoder::{
    BlockType, BranchHint, BranchHints, CodeSection, ConstExpr, Encode as _, ExportKind, ExportSection, GlobalSection, GlobalType,
    Instruction, Module, RawSection, ValType, reencode,
};
use wasmparser::{ElementItems, FunctionBody, Operator, Parser, Payload, TypeRef};

use self::plan::{Calls, Charge, Function};
#[cfg(test)]
pub(crate) use self::plan::{SLACK, TOLERANCE};

/// Decides what one function charges where.
type Place = fn(u32, &[Operator<'_>], &Calls) -> Result<Vec<Charge>>;

/// The module with its metering.
pub(crate) fn meter(wasm: &[u8]) -> Result<Vec<u8>> {
    metered(wasm, plan::charges)
}

/// The same with every instruction counted: what [`meter`] comes near to.
#[cfg(test)]
pub(crate) fn meter_every_block(wasm: &[u8]) -> Result<Vec<u8>> {
    metered(wasm, plan::every_block)
}

/// The same with the regions counted.
#[cfg(test)]
pub(crate) fn meter_every_region(wasm: &[u8]) -> Result<Vec<u8>> {
    metered(wasm, plan::every_region)
}

fn metered(wasm: &[u8], place: Place) -> Result<Vec<u8>> {
    let survey = Survey::of(wasm)?;
    let calls = plan::calls(&survey.functions);
    let (code, hints) = code(&survey, &calls, place)?;

    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                reencode::utils::parse_global_section(&mut reencode::RoundtripReencoder, &mut globals, section.clone())?;
                globals.global(GlobalType { val_type: ValType::I64, mutable: true, shared: false }, &ConstExpr::i64_const(0));
                module.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                reencode::utils::parse_export_section(&mut reencode::RoundtripReencoder, &mut exports, section.clone())?;
                exports.export(FUEL_EXPORT, ExportKind::Global, survey.globals);
                module.section(&exports);
            }
            Payload::CodeSectionStart { .. } => {
                module.section(&hints);
                module.section(&code);
            }
            Payload::CodeSectionEntry(_) => {}
            _ => {
                if let Some((id, range)) = payload.as_section() {
                    module.section(&RawSection { id, data: &wasm[range] });
                }
            }
        }
    }
    Ok(module.finish())
}

/// What the whole module must be known of before the first charge.
struct Survey<'a> {
    imported_functions: u32,
    host_call: u32,
    /// How many there are: the number of ours.
    globals: u32,
    functions: BTreeMap<u32, Function>,
    bodies: Vec<FunctionBody<'a>>,
    /// By type.
    parameters: Vec<u32>,
    /// Types of the functions that are not imported.
    types: Vec<u32>,
}

impl<'a> Survey<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self> {
        let mut survey = Self {
            imported_functions: 0,
            host_call: 0,
            globals: 0,
            functions: BTreeMap::new(),
            bodies: Vec::new(),
            parameters: Vec::new(),
            types: Vec::new(),
        };
        let mut host_call = None;
        let mut address_taken = BTreeSet::new();
        let (mut global_section, mut export_section) = (false, false);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        survey.parameters.push(u32::try_from(ty?.params().len())?);
                    }
                }
                Payload::FunctionSection(section) => survey.types = section.into_iter().collect::<Result<_, _>>()?,
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(_) => {
                                if (import.module, import.name) == (ampoule_abi::IMPORT_MODULE, ampoule_abi::IMPORT_NAME) {
                                    host_call = Some(survey.imported_functions);
                                }
                                survey.imported_functions += 1;
                            }
                            TypeRef::Global(_) => survey.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    survey.globals += section.count();
                    global_section = true;
                }
                Payload::ExportSection(section) => {
                    export_section = true;
                    for export in section {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            address_taken.insert(export.index);
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        match element?.items {
                            ElementItems::Functions(functions) => {
                                for function in functions {
                                    address_taken.insert(function?);
                                }
                            }
                            ElementItems::Expressions(..) => bail!("a table of expressions is not known to the metering"),
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => survey.bodies.push(body),
                _ => {}
            }
        }
        ensure!(global_section && export_section, "the module has no globals or no exports");
        survey.host_call = host_call.context("the module does not import the host call")?;
        for (number, body) in survey.bodies.iter().enumerate() {
            let index = survey.imported_functions + u32::try_from(number)?;
            let address_taken = address_taken.contains(&index);
            let mut function = Function { operators_cost: 0, calls: BTreeSet::new(), alone: false, address_taken, calls_table: false };
            for operator in body.get_operators_reader()? {
                let operator = operator?;
                function.operators_cost += plan::cost(&operator, &Calls::default());
                match operator {
                    Operator::Loop { .. } | Operator::If { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => function.alone = true,
                    // Its own charges cannot be paid by a caller.
                    Operator::CallIndirect { .. } => {
                        function.alone = true;
                        function.calls_table = true;
                    }
                    Operator::Call { function_index } => {
                        function.calls.insert(function_index);
                    }
                    _ if by_size(&operator, survey.host_call).is_some() => function.alone = true,
                    Operator::RefFunc { .. } => bail!("`ref.func` is not known to the metering"),
                    _ => {}
                }
            }
            survey.functions.insert(index, function);
        }
        Ok(survey)
    }
}

/// How an instruction is charged whose topmost operand is a size: as a constant, and a unit for each `1 << shift`, or `-shift` doublings for each.
struct BySize {
    constant: i64,
    shift: i8,
}

fn by_size(operator: &Operator<'_>, host_call: u32) -> Option<BySize> {
    match operator {
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } | Operator::MemoryInit { .. } => Some(BySize { constant: 0, shift: 6 }),
        Operator::MemoryGrow { .. } => Some(BySize { constant: 0, shift: -10 }),
        Operator::TableGrow { .. } | Operator::TableFill { .. } | Operator::TableCopy { .. } | Operator::TableInit { .. } => {
            Some(BySize { constant: 0, shift: 0 })
        }
        Operator::Call { function_index } if *function_index == host_call => Some(BySize { constant: 256, shift: 3 }),
        _ => None,
    }
}

fn code(survey: &Survey<'_>, calls: &Calls, place: Place) -> Result<(CodeSection, BranchHints)> {
    let (mut code, mut hints) = (CodeSection::new(), BranchHints::new());
    for (number, body) in survey.bodies.iter().enumerate() {
        let index = survey.imported_functions + u32::try_from(number)?;
        let parameters = survey.parameters[survey.types[number] as usize];
        let (operators, offsets) = operators(body)?;
        let charges = place(index, &operators, calls)?;
        let (bytes, unlikely) = function(survey, &operators, &offsets, charges, body, parameters)?;
        code.raw(&bytes);
        if !unlikely.is_empty() {
            hints.function_hints(index, unlikely.iter().map(|at| BranchHint { branch_func_offset: *at, branch_hint_value: 0 }));
        }
    }
    Ok((code, hints))
}

/// One function's instructions, and where in its body they begin.
fn operators<'a>(body: &FunctionBody<'a>) -> Result<(Vec<Operator<'a>>, Vec<usize>)> {
    let start = body.range().start;
    let (mut operators, mut offsets) = (Vec::new(), Vec::new());
    for item in body.get_operators_reader()?.into_iter_with_offsets() {
        let (operator, offset) = item?;
        operators.push(operator);
        offsets.push(offset - start);
    }
    Ok((operators, offsets))
}

/// One function's new body, and where in it the branches are that are rarely taken.
fn function(
    survey: &Survey<'_>,
    operators: &[Operator<'_>],
    offsets: &[usize],
    charges: Vec<Charge>,
    body: &FunctionBody<'_>,
    parameters: u32,
) -> Result<(Vec<u8>, Vec<u32>)> {
    let whole = body.as_bytes();
    let sizes = operators.iter().any(|operator| by_size(operator, survey.host_call).is_some());
    if charges.is_empty() && !sizes {
        return Ok((whole.to_vec(), Vec::new()));
    }

    let mut bytes = Vec::with_capacity(whole.len() * 5 / 4);
    let mut locals: Vec<(u32, wasmparser::ValType)> = body.get_locals_reader()?.into_iter().collect::<Result<_, _>>()?;
    // For a size that is both charged and used.
    let scratch = parameters + locals.iter().map(|(count, _)| count).sum::<u32>();
    if sizes {
        locals.push((1, wasmparser::ValType::I32));
    }
    locals.len().encode(&mut bytes);
    for (count, ty) in locals {
        count.encode(&mut bytes);
        reencode::Reencode::val_type(&mut reencode::RoundtripReencoder, ty)?.encode(&mut bytes);
    }

    let mut unlikely = Vec::new();
    let mut charges = charges.into_iter().peekable();
    for (at, operator) in operators.iter().enumerate() {
        if let Some(charge) = charges.next_if(|charge| charge.at == at) {
            if charge.cost != 0 {
                subtract(&mut bytes, survey.globals, &[Instruction::I64Const(charge.cost.try_into()?)]);
            }
            if charge.compare {
                unlikely.push(compare(&mut bytes, survey));
            }
        }
        if let Some(BySize { constant, shift }) = by_size(operator, survey.host_call) {
            Instruction::LocalTee(scratch).encode(&mut bytes);
            let mut amount = vec![Instruction::LocalGet(scratch), Instruction::I64ExtendI32U];
            match shift {
                1.. => amount.extend([Instruction::I64Const(shift.into()), Instruction::I64ShrU]),
                0 => {}
                ..0 => amount.extend([Instruction::I64Const((-shift).into()), Instruction::I64Shl]),
            }
            if constant > 0 {
                amount.extend([Instruction::I64Const(constant), Instruction::I64Add]);
            }
            subtract(&mut bytes, survey.globals, &amount);
        }
        let end = offsets.get(at + 1).copied().unwrap_or(whole.len());
        bytes.extend_from_slice(&whole[offsets[at]..end]);
    }
    ensure!(charges.next().is_none(), "a charge behind the end of a function");
    Ok((bytes, unlikely))
}

fn subtract(bytes: &mut Vec<u8>, fuel: u32, amount: &[Instruction<'_>]) {
    Instruction::GlobalGet(fuel).encode(bytes);
    for instruction in amount {
        instruction.encode(bytes);
    }
    Instruction::I64Sub.encode(bytes);
    Instruction::GlobalSet(fuel).encode(bytes);
}

/// Asks the host once the slice is used up. Gives the offset of the branch that is rarely taken.
fn compare(bytes: &mut Vec<u8>, survey: &Survey<'_>) -> u32 {
    for instruction in [Instruction::GlobalGet(survey.globals), Instruction::I64Const(0), Instruction::I64LtS] {
        instruction.encode(bytes);
    }
    let branch = bytes.len() as u32;
    for instruction in [
        Instruction::If(BlockType::Empty),
        Instruction::I32Const(Op::Fuel as i32),
        Instruction::I32Const(0),
        Instruction::I32Const(0),
        Instruction::Call(survey.host_call),
        Instruction::Drop,
        Instruction::End,
    ] {
        instruction.encode(bytes);
    }
    branch
}
