//! What is charged where.
//!
//! Every block's cost is charged at a place that each way to the block comes through, in the same round of the same loop, and so before or as
//! it runs: never too little is charged. Small blocks that may be passed by are charged with the block that decides, which costs
//! a little too much fuel and saves the charge. Where the budget is compared is another matter: at every loop header, and at the entry of as many
//! functions as it takes for no cycle of calls to be without. Elsewhere a charge is one subtraction.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use wasmparser::Operator;

use super::graph::Graph;

/// A block up to this cost may be charged where it is not certain to run.
const MAX_GUESS: u64 = 24;
/// At most this much is charged at one place for blocks that may not run.
const MAX_GUESSES: u64 = 48;
/// A function without loops up to this cost is charged by its callers.
const MAX_PAID_BY_CALLER: u64 = 40;

/// One function, as far as charging is concerned.
pub(super) struct Function {
    pub(super) operators_cost: u64,
    pub(super) calls: BTreeSet<u32>,
    /// It has loops, or charges that depend on operands: its callers cannot pay.
    pub(super) alone: bool,
    /// Somebody other than a direct call may enter it: the table, or the host.
    pub(super) address_taken: bool,
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

/// Looks at all functions at once. Those with numbers below `imported` are the host's.
pub(super) fn calls(functions: &BTreeMap<u32, Function>) -> Calls {
    let mut calls = Calls::default();
    let mut known = BTreeMap::new();
    for index in functions.keys() {
        small(*index, functions, &mut known);
    }
    calls.paid_by_caller = known.into_iter().filter_map(|(index, cost)| Some((index, cost?))).collect();
    calls.compare = functions.iter().filter(|(_, function)| function.address_taken).map(|(index, _)| *index).collect();
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
    if calls.paid_by_caller.contains_key(&index) {
        return Ok(Vec::new());
    }
    let graph = Graph::of(operators, |operator| cost(operator, calls))?;
    let mut total: Vec<u64> = graph.blocks.iter().map(|block| block.cost).collect();
    let mut guessed = vec![0; total.len()];
    let mut charges = Vec::new();
    for block in (0..total.len()).rev() {
        let this = &graph.blocks[block];
        if let (Some(dominator), false) = (graph.dominator(block), this.header)
            && graph.blocks[dominator].in_loop == this.in_loop
        {
            let certain = graph.postdominates(block, dominator);
            let guesses = guessed[dominator] + if certain { guessed[block] } else { total[block] };
            if certain || (total[block] <= MAX_GUESS && guesses <= MAX_GUESSES) {
                total[dominator] += total[block];
                guessed[dominator] = guesses;
                continue;
            }
        }
        let compare = this.header || (block == 0 && calls.compare.contains(&index));
        if total[block] > 0 || compare {
            charges.push(Charge { at: this.start, cost: total[block].max(1), compare });
        }
    }
    charges.reverse();
    Ok(charges)
}
