//! What is charged where.
//!
//! A function falls into regions: each loop without the loops in it, and the rest. A region is charged where it begins, a loop at its header in each round: the
//! instructions that are to be expected in it, whichever way will be taken. Where a way turns out to have many more, the difference is charged there. So a
//! region never runs more than [`TOLERANCE`] times what it was expected to beyond its charges, and [`SLACK`]; most ways come to about one unit for each
//! instruction, with one subtraction. What is expected follows from the code alone, so the count is the same for the same run, everywhere.
//!
//! The budget is compared at every loop header, and at the entry of as many functions as it takes for no cycle of calls to be without.
//!
//! Counting every instruction exactly takes a tenth more of a run's time even with the fewest subtractions there can be (Knuth and Stevenson: Optimal
//! measurement points for program frequency counts, BIT 13, 1973).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use wasmparser::Operator;

use super::graph::{Graph, Region};

/// How much more than expected a way through a region may run without being charged for it: so many times what was expected...
pub(crate) const TOLERANCE: f64 = 2.0;
/// ...and so many instructions.
pub(crate) const SLACK: f64 = 16.0;
/// Of two ways the one that has so many instructions more ahead is taken to be half as likely: what is rare is where most code is.
const RARER: f64 = 16.0;
/// How likely a way is that only traps, next to others.
const HOPELESS: f64 = 0.001;
/// A function without branches up to this cost is charged by its callers.
const MAX_PAID_BY_CALLER: u64 = 40;

/// One function, as far as charging is concerned.
pub(super) struct Function {
    pub(super) operators_cost: u64,
    pub(super) calls: BTreeSet<u32>,
    /// It branches, or has charges that depend on operands: its callers cannot pay.
    pub(super) alone: bool,
    /// Somebody other than a direct call may enter it: the table, or the host.
    pub(super) address_taken: bool,
    /// It calls through the table.
    pub(super) calls_table: bool,
}

/// What holds for the whole module.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// What a call of these functions costs, who charge nothing themselves.
    pub(super) paid_by_caller: BTreeMap<u32, u64>,
    /// These compare the budget when they are entered.
    pub(super) compare: BTreeSet<u32>,
}

/// A charge before the instruction with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) at: usize,
    pub(super) cost: u64,
    pub(super) compare: bool,
}

/// What an instruction costs, but for what depends on its operands.
pub(super) fn cost(operator: &Operator<'_>, calls: &Calls) -> u64 {
    match operator {
        // They are no work of their own.
        Operator::Block { .. } | Operator::Loop { .. } | Operator::End | Operator::Else | Operator::Nop | Operator::Unreachable => 0,
        // The instruction, and entering and leaving the function.
        Operator::Call { function_index } => 2 + calls.paid_by_caller.get(function_index).copied().unwrap_or(0),
        Operator::CallIndirect { .. } => 2,
        _ => 1,
    }
}

/// Looks at all functions at once. The host's are not among them.
pub(super) fn calls(functions: &BTreeMap<u32, Function>) -> Calls {
    let mut calls = Calls::default();
    let mut known = BTreeMap::new();
    for index in functions.keys() {
        small(*index, functions, &mut known);
    }
    calls.paid_by_caller = known.into_iter().filter_map(|(index, cost)| Some((index, cost?))).collect();
    // Every cycle through the table enters a function by it that gets to it again.
    let to_table = leading_to_table(functions);
    calls.compare =
        functions.iter().filter(|(index, function)| function.address_taken && to_table.contains(index)).map(|(index, _)| *index).collect();
    let again = entered_again(functions, &calls);
    calls.compare.extend(again);
    calls
}

/// The cost of a function that its callers charge for.
fn small(index: u32, functions: &BTreeMap<u32, Function>, known: &mut BTreeMap<u32, Option<u64>>) -> Option<u64> {
    if let Some(known) = known.get(&index) {
        return *known;
    }
    // Until it is known otherwise: a function that calls itself is not small.
    known.insert(index, None);
    let function = functions.get(&index)?;
    if function.alone || function.address_taken || function.operators_cost > MAX_PAID_BY_CALLER {
        return None;
    }
    let mut cost = function.operators_cost;
    for callee in &function.calls {
        cost += small(*callee, functions, known)?;
    }
    let cost = (cost <= MAX_PAID_BY_CALLER).then_some(cost);
    known.insert(index, cost);
    cost
}

/// Functions that call through the table, or call some that do.
fn leading_to_table(functions: &BTreeMap<u32, Function>) -> BTreeSet<u32> {
    let mut callers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (index, function) in functions {
        for callee in &function.calls {
            callers.entry(*callee).or_default().push(*index);
        }
    }
    let mut leading: BTreeSet<u32> = functions.iter().filter(|(_, function)| function.calls_table).map(|(index, _)| *index).collect();
    let mut rest: Vec<u32> = leading.iter().copied().collect();
    while let Some(index) = rest.pop() {
        let new = callers.get(&index).into_iter().flatten().filter(|caller| leading.insert(**caller));
        rest.extend(new);
    }
    leading
}

/// Functions that a depth-first walk along direct calls meets while it is inside of them. Every cycle has one.
fn entered_again(functions: &BTreeMap<u32, Function>, calls: &Calls) -> BTreeSet<u32> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        Inside,
        Left,
    }
    let mut marks = BTreeMap::new();
    let mut again = BTreeSet::new();
    for root in functions.keys() {
        let mut stack = vec![(*root, None::<std::collections::btree_set::Iter<'_, u32>>)];
        while let Some((index, callees)) = stack.pop() {
            let mut callees = match callees {
                Some(callees) => callees,
                None => match (marks.get(&index), functions.get(&index)) {
                    (None, Some(function)) if !calls.compare.contains(&index) => {
                        marks.insert(index, Mark::Inside);
                        function.calls.iter()
                    }
                    (Some(Mark::Inside), _) => {
                        again.insert(index);
                        continue;
                    }
                    _ => continue,
                },
            };
            match callees.next() {
                Some(callee) => {
                    stack.push((index, Some(callees)));
                    stack.push((*callee, None));
                }
                None => {
                    marks.insert(index, Mark::Left);
                }
            }
        }
    }
    again
}

/// The charges of one function, in the order of the text.
pub(super) fn charges(index: u32, operators: &[Operator<'_>], calls: &Calls) -> Result<Vec<Charge>> {
    place(index, operators, calls, |graph| {
        let mut charges = vec![0; graph.blocks.len()];
        for region in graph.regions() {
            charge(&region, &mut charges);
        }
        charges
    })
}

/// A function's charges, from those of its blocks.
fn place(index: u32, operators: &[Operator<'_>], calls: &Calls, by_block: impl FnOnce(&Graph) -> Vec<u64>) -> Result<Vec<Charge>> {
    if calls.paid_by_caller.contains_key(&index) {
        return Ok(Vec::new());
    }
    let graph = Graph::of(operators, |operator| cost(operator, calls))?;
    let charges = by_block(&graph);
    let charge = |(block, cost): (usize, u64)| {
        let this = &graph.blocks[block];
        let compare = this.header || (block == 0 && calls.compare.contains(&index));
        (cost != 0 || compare).then_some(Charge { at: this.start, cost, compare })
    };
    Ok(charges.into_iter().enumerate().filter_map(charge).collect())
}

/// Adds to the blocks' charges those of a region.
fn charge(region: &Region, charges: &mut [u64]) {
    let ahead = ahead(region);
    let tolerance = ahead[0] * TOLERANCE + SLACK;
    charges[region.parts[0].block] += ahead[0].ceil() as u64;
    // By part, how many instructions may have been found more than were charged, on a way to it. Every part is on a way.
    let mut found = vec![f64::NEG_INFINITY; region.parts.len()];
    found[0] = 0.0;
    for (number, part) in region.parts.iter().enumerate() {
        // A loop's block would be charged in each of its rounds.
        if found[number] > tolerance && !part.is_loop {
            charges[part.block] += found[number].ceil() as u64;
            found[number] = 0.0;
        }
        for to in &part.next {
            found[*to] = found[*to].max(found[number] + part.cost as f64 + ahead[*to] - ahead[number]);
        }
    }
}

/// By part of a region, how many instructions are to be expected from there on, until it ends or begins again.
fn ahead(region: &Region) -> Vec<f64> {
    let mut ahead = vec![0.0; region.parts.len()];
    for (number, part) in region.parts.iter().enumerate().rev() {
        let (mut ways, mut work) = (part.ends as f64, 0.0);
        for to in &part.next {
            let likely = if region.parts[*to].hopeful { 1.0 } else { HOPELESS } / (1.0 + ahead[*to] / RARER);
            ways += likely;
            work += likely * ahead[*to];
        }
        ahead[number] = part.cost as f64 + if ways > 0.0 { work / ways } else { 0.0 };
    }
    ahead
}

/// Each block's own cost where it begins: every instruction that runs, exactly.
#[cfg(test)]
pub(super) fn every_block(index: u32, operators: &[Operator<'_>], calls: &Calls) -> Result<Vec<Charge>> {
    place(index, operators, calls, |graph| graph.blocks.iter().map(|block| block.cost).collect())
}

/// A unit where a region begins: how many are run.
#[cfg(test)]
pub(super) fn every_region(index: u32, operators: &[Operator<'_>], calls: &Calls) -> Result<Vec<Charge>> {
    place(index, operators, calls, |graph| graph.blocks.iter().enumerate().map(|(at, block)| u64::from(at == 0 || block.header)).collect())
}
