//! The control flow of one function: basic blocks, and which of them lead where.
//!
//! WebAssembly's control flow is structured: every branch but a loop's goes forward, and a loop is entered at its header only. So the order of
//! the text is a topological order once back edges are left out.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use wasmparser::Operator;

/// Instructions that run together, or not at all.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// Index of its first instruction.
    pub(super) start: usize,
    /// What its instructions cost together.
    pub(super) cost: u64,
    /// It begins a loop's body.
    pub(super) header: bool,
    /// The innermost loop that it lies in, by number; 0 outside of loops.
    in_loop: usize,
    /// Of a header: the loop that its own lies in.
    around: usize,
    /// Where control may go from its end; the number of blocks stands for the function's end. Empty when it traps.
    pub(super) next: Vec<usize>,
}

/// Blocks in the order of the text; the first is the entry. Blocks that cannot be reached are not among them.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) blocks: Vec<Block>,
}

/// A loop without the loops in it, or what is left of the function.
#[derive(Debug)]
pub(super) struct Region {
    /// In the order of the text, so that control passes from one to a later one; the first is where the region begins.
    pub(super) parts: Vec<Part>,
}

/// A block of a region, or a whole loop in it.
#[derive(Debug)]
pub(super) struct Part {
    /// The block, or the loop's header.
    pub(super) block: usize,
    pub(super) is_loop: bool,
    /// What it costs in this region.
    pub(super) cost: u64,
    /// The function's end can be reached from it.
    pub(super) hopeful: bool,
    /// Where control may go from it, by number, as often as there is a way.
    pub(super) next: Vec<usize>,
    /// How many ways lead from it out of the region, or to where it begins.
    pub(super) ends: usize,
}

/// The end of the function, until blocks have their final numbers.
const END: usize = usize::MAX;

struct Frame {
    /// Where a branch to it goes.
    target: usize,
    /// Where it falls through to.
    after: usize,
    /// An `if` whose `else` has not come: where its condition was.
    condition: Option<usize>,
    outer_loop: usize,
}

struct Builder {
    blocks: Vec<Block>,
    /// By block, whether something leads to it.
    entered: Vec<bool>,
    frames: Vec<Frame>,
    current: Option<usize>,
    in_loop: usize,
}

impl Builder {
    fn block(&mut self) -> usize {
        self.blocks.push(Block { start: usize::MAX, ..Block::default() });
        self.entered.push(false);
        self.blocks.len() - 1
    }

    fn edge(&mut self, from: Option<usize>, to: usize) {
        let Some(from) = from else { return };
        self.blocks[from].next.push(to);
        if to != END {
            self.entered[to] = true;
        }
    }

    fn begin(&mut self, block: usize, at: usize) {
        self.blocks[block].start = at;
        self.blocks[block].in_loop = self.in_loop;
        self.current = Some(block);
    }

    fn branch(&mut self, depth: u32) -> Result<()> {
        let Some(frame) = self.frames.len().checked_sub(depth as usize + 1) else { bail!("a branch out of the function") };
        self.edge(self.current, self.frames[frame].target);
        Ok(())
    }

    /// Takes in the instruction with this index.
    fn take(&mut self, at: usize, operator: &Operator<'_>) -> Result<()> {
        match operator {
            Operator::Block { .. } => {
                let after = self.block();
                self.frames.push(Frame { target: after, after, condition: None, outer_loop: self.in_loop });
            }
            Operator::Loop { .. } => {
                let (header, after) = (self.block(), self.block());
                self.frames.push(Frame { target: header, after, condition: None, outer_loop: self.in_loop });
                if self.current.is_some() {
                    self.edge(self.current, header);
                    self.blocks[header].around = self.in_loop;
                    self.in_loop = header + 1;
                    self.begin(header, at + 1);
                    self.blocks[header].header = true;
                }
            }
            Operator::If { .. } => {
                let (then, after) = (self.block(), self.block());
                self.frames.push(Frame { target: after, after, condition: self.current, outer_loop: self.in_loop });
                if self.current.is_some() {
                    self.edge(self.current, then);
                    self.begin(then, at + 1);
                }
            }
            Operator::Else => {
                let Some(frame) = self.frames.last_mut() else { bail!("`else` outside of a function") };
                let (condition, after) = (frame.condition.take(), frame.after);
                self.edge(self.current, after);
                self.current = None;
                if condition.is_some() {
                    let other = self.block();
                    self.edge(condition, other);
                    self.begin(other, at + 1);
                }
            }
            Operator::End => {
                let Some(frame) = self.frames.pop() else { bail!("`end` without a beginning") };
                self.edge(self.current, frame.after);
                self.edge(frame.condition, frame.after);
                self.in_loop = frame.outer_loop;
                self.current = None;
                if frame.after != END && self.entered[frame.after] {
                    self.begin(frame.after, at + 1);
                }
            }
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth)?;
                self.current = None;
            }
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth)?;
                if self.current.is_some() {
                    let next = self.block();
                    self.edge(self.current, next);
                    self.begin(next, at + 1);
                }
            }
            Operator::BrTable { targets } => {
                for depth in targets.targets() {
                    self.branch(depth?)?;
                }
                self.branch(targets.default())?;
                self.current = None;
            }
            Operator::Return => {
                self.edge(self.current, END);
                self.current = None;
            }
            Operator::Unreachable => self.current = None,
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::TryTable { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. } => bail!("{operator:?} is not known to the metering"),
            _ => {}
        }
        Ok(())
    }
}

impl Graph {
    /// Takes a function apart. `cost` says what an instruction costs.
    pub(super) fn of(operators: &[Operator<'_>], cost: impl Fn(&Operator<'_>) -> u64) -> Result<Self> {
        let mut builder = Builder { blocks: Vec::new(), entered: Vec::new(), frames: Vec::new(), current: None, in_loop: 0 };
        builder.frames.push(Frame { target: END, after: END, condition: None, outer_loop: 0 });
        let entry = builder.block();
        builder.begin(entry, 0);
        for (at, operator) in operators.iter().enumerate() {
            if let Some(current) = builder.current {
                builder.blocks[current].cost += cost(operator);
            }
            builder.take(at, operator)?;
        }
        Ok(Self { blocks: in_text_order(builder.blocks) })
    }

    /// All regions, each once.
    pub(super) fn regions(&self) -> impl Iterator<Item = Region> {
        let headers: BTreeMap<usize, usize> =
            self.blocks.iter().enumerate().filter(|(_, block)| block.header).map(|(at, block)| (block.in_loop, at)).collect();
        let hopeful = self.hopeful();
        let heads = (0..self.blocks.len()).filter(|at| *at == 0 || self.blocks[*at].header);
        heads.map(move |head| self.region(head, &headers, &hopeful))
    }

    /// The region that begins with this block. `headers` has the loops' headers.
    fn region(&self, head: usize, headers: &BTreeMap<usize, usize>, hopeful: &[bool]) -> Region {
        let region = if self.blocks[head].header { self.blocks[head].in_loop } else { 0 };
        // The header of the outermost loop of the region that a block lies in, if any; nothing if the block is not in the region.
        let loop_of = |block: usize| {
            let (mut at, mut header) = (self.blocks[block].in_loop, None);
            while at != region {
                header = Some(*headers.get(&at)?);
                at = self.blocks[header?].around;
            }
            Some(header)
        };
        let mut parts: Vec<Part> = Vec::new();
        // By block from the head on, the number of its part.
        let mut part_of = Vec::new();
        for (at, block) in self.blocks.iter().enumerate().skip(head) {
            // The blocks of a loop stand together.
            let Some(inner) = loop_of(at) else { break };
            if inner.is_none_or(|header| header == at) {
                let cost = if inner.is_some() { 0 } else { block.cost };
                parts.push(Part { block: at, is_loop: inner.is_some(), cost, hopeful: hopeful[at], next: Vec::new(), ends: 0 });
            }
            part_of.push(inner.map_or(parts.len() - 1, |header| part_of.get(header - head).copied().unwrap_or(parts.len() - 1)));
        }
        for (part, block) in part_of.iter().zip(&self.blocks[head..]) {
            for to in &block.next {
                let there = to.checked_sub(head).and_then(|to| part_of.get(to));
                match there {
                    Some(there) if there > part => parts[*part].next.push(*there),
                    // Round an inner loop.
                    Some(there) if there == part && parts[*part].is_loop => {}
                    _ => parts[*part].ends += 1,
                }
            }
        }
        Region { parts }
    }

    /// By block, whether the function's end can be reached from it.
    fn hopeful(&self) -> Vec<bool> {
        let end = self.blocks.len();
        let mut hopeful = vec![false; end + 1];
        hopeful[end] = true;
        // Against the text's order, one pass settles all but what only a loop's next round leads out of.
        while let Some(at) = (0..end).rev().find(|at| !hopeful[*at] && self.blocks[*at].next.iter().any(|to| hopeful[*to])) {
            for at in (0..=at).rev() {
                hopeful[at] |= self.blocks[at].next.iter().any(|to| hopeful[*to]);
            }
        }
        hopeful
    }
}

/// Drops what is never reached and numbers the rest by where it stands.
fn in_text_order(blocks: Vec<Block>) -> Vec<Block> {
    let mut order: Vec<usize> = (0..blocks.len()).filter(|block| blocks[*block].start != usize::MAX).collect();
    order.sort_by_key(|block| blocks[*block].start);
    let mut number = vec![usize::MAX; blocks.len()];
    for (new, old) in order.iter().enumerate() {
        number[*old] = new;
    }
    let end = order.len();
    let mut slots: Vec<Option<Block>> = blocks.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|old| slots[*old].take())
        .map(|block| Block { next: block.next.iter().map(|to| if *to == END { end } else { number[*to] }).collect(), ..block })
        .collect()
}
