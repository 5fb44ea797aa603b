//! What is charged where.
//!
//! Every instruction that runs is counted once, with few subtractions: Knuth's optimal measurement points. The places where control passes from blocks to
//! blocks are the nodes of a graph, and the blocks are its edges. Along a spanning tree of the blocks that run most often nothing is charged; a block off
//! the tree is charged what makes its round trip through the tree come out right, which may be less than nothing. So every way through a function, and every
//! round of a loop, costs exactly its instructions, and what is owed or paid ahead in between is bounded by the function's length. A trap on the way leaves that
//! difference.
//!
//! Where the budget is compared is another matter: at every loop header, and at the entry of as many functions as it takes for no cycle of calls to be
//! without.
//!
//! Knuth and Stevenson: Optimal measurement points for program frequency counts, BIT 13, 1973; Ball and Larus: Optimally profiling and tracing programs,
//! TOPLAS 16, 1994.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use anyhow::Result;
use wasmparser::Operator;

use super::graph::Graph;

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
    /// Less than nothing gives back what was paid ahead.
    pub(super) cost: i64,
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
    let costs = off_the_tree(&graph)?;
    let charge = |(block, cost): (usize, i64)| {
        let this = &graph.blocks[block];
        let compare = this.header || (block == 0 && calls.compare.contains(&index));
        (cost != 0 || compare).then_some(Charge { at: this.start, cost, compare })
    };
    Ok(costs.into_iter().enumerate().filter_map(charge).collect())
}

/// Each block's own cost where it begins.
#[cfg(test)]
pub(super) fn every_block(index: u32, operators: &[Operator<'_>], calls: &Calls) -> Result<Vec<Charge>> {
    if calls.paid_by_caller.contains_key(&index) {
        return Ok(Vec::new());
    }
    let blocks = Graph::of(operators, |operator| cost(operator, calls))?.blocks;
    let charge = |(number, block): (usize, super::graph::Block)| {
        let compare = block.header || (number == 0 && calls.compare.contains(&index));
        Charge { at: block.start, cost: block.cost as i64, compare }
    };
    Ok(blocks.into_iter().enumerate().map(charge).collect())
}

/// By block, what it is charged.
fn off_the_tree(graph: &Graph) -> Result<Vec<i64>> {
    let count = graph.blocks.len();
    let costs: Vec<i64> = graph.blocks.iter().map(|block| i64::try_from(block.cost)).collect::<Result<_, _>>()?;
    // Where control may pass from the end of one block to the beginning of another, the two are one place. A block begins at the place of its number, and
    // ends at that of `count + 1` and its number; `count` is the function's end, which is joined with its beginning, because nothing is owed at either.
    let mut places = Sets::new(2 * count + 1);
    places.join(0, count);
    for (block, this) in graph.blocks.iter().enumerate() {
        for to in &this.next {
            places.join(count + 1 + block, *to);
        }
    }
    let frequencies = graph.frequencies();
    let mut by_frequency: Vec<usize> = (0..count).collect();
    by_frequency.sort_by(|a, b| frequencies[*b].total_cmp(&frequencies[*a]).then(a.cmp(b)));
    let mut joined = Sets::new(2 * count + 1);
    let mut tree: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
    let mut charged = vec![false; count];
    for block in by_frequency {
        let (from, to) = (places.find(block), places.find(count + 1 + block));
        if joined.find(from) == joined.find(to) {
            charged[block] = true;
            continue;
        }
        joined.join(from, to);
        tree.entry(from).or_default().push((to, -costs[block]));
        tree.entry(to).or_default().push((from, costs[block]));
    }
    // What has been paid ahead at each place.
    let root = places.find(0);
    let mut ahead = BTreeMap::from([(root, 0)]);
    let mut stack = vec![root];
    while let Some(place) = stack.pop() {
        let here = ahead[&place];
        for (to, change) in tree.get(&place).into_iter().flatten() {
            if let Entry::Vacant(there) = ahead.entry(*to) {
                there.insert(here + change);
                stack.push(*to);
            }
        }
    }
    let charge = |block: usize| {
        let (from, to) = (places.find(block), places.find(count + 1 + block));
        if charged[block] { costs[block] + ahead[&to] - ahead[&from] } else { 0 }
    };
    Ok((0..count).map(charge).collect())
}

/// Disjoint sets of numbers.
struct Sets(Vec<usize>);

impl Sets {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The number that stands for the set of this one.
    fn find(&mut self, number: usize) -> usize {
        let mut at = number;
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}
