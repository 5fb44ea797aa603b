//! The control flow of one function: basic blocks, loops, dominators, postdominators.
//!
//! WebAssembly's control flow is structured: every branch but a loop's goes forward, and a loop is entered at its header only. So the order of
//! the text is a topological order once back edges are left out, and one pass finds the dominators (Cooper, Harvey, Kennedy: A Simple, Fast
//! Dominance Algorithm, 2001).

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
    pub(super) in_loop: usize,
    next: Vec<usize>,
    before: Vec<usize>,
}

/// Blocks in the order of the text; the first is the entry. Blocks that cannot be reached are not among them.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) blocks: Vec<Block>,
    /// By block, the one that every way to it comes through last; the entry's is itself.
    dominators: Vec<usize>,
    /// By block, the one that every way from it to the function's end goes through next; `blocks.len()` is the end. Ways that trap do not count.
    postdominators: Vec<Option<usize>>,
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
    frames: Vec<Frame>,
    current: Option<usize>,
    in_loop: usize,
}

impl Builder {
    fn block(&mut self) -> usize {
        self.blocks.push(Block { start: usize::MAX, ..Block::default() });
        self.blocks.len() - 1
    }

    fn edge(&mut self, from: Option<usize>, to: usize) {
        let Some(from) = from else { return };
        self.blocks[from].next.push(to);
        if to != END {
            self.blocks[to].before.push(from);
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
                if frame.after != END && !self.blocks[frame.after].before.is_empty() {
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
        let mut builder = Builder { blocks: Vec::new(), frames: Vec::new(), current: None, in_loop: 0 };
        builder.frames.push(Frame { target: END, after: END, condition: None, outer_loop: 0 });
        let entry = builder.block();
        builder.begin(entry, 0);
        for (at, operator) in operators.iter().enumerate() {
            if let Some(current) = builder.current {
                builder.blocks[current].cost += cost(operator);
            }
            builder.take(at, operator)?;
        }
        let blocks = in_text_order(builder.blocks);
        let (dominators, postdominators) = (dominators(&blocks), postdominators(&blocks));
        Ok(Self { blocks, dominators, postdominators })
    }

    /// The block that every way to this one comes through last.
    pub(super) fn dominator(&self, block: usize) -> Option<usize> {
        (block > 0).then(|| self.dominators[block])
    }

    /// Whether every way from `from` to the function's end goes through `block`.
    pub(super) fn postdominates(&self, block: usize, from: usize) -> bool {
        // Numbers grow along forward edges only, so a loop may lead the chain back: its length is bounded by the blocks.
        let mut at = from;
        for _ in 0..self.blocks.len() {
            match self.postdominators[at] {
                Some(next) if next == block => return true,
                Some(next) if next < self.blocks.len() => at = next,
                _ => return false,
            }
        }
        false
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
        .map(|block| Block {
            next: block.next.iter().map(|to| if *to == END { end } else { number[*to] }).collect(),
            before: block.before.iter().map(|from| number[*from]).collect(),
            ..block
        })
        .collect()
}

fn dominators(blocks: &[Block]) -> Vec<usize> {
    let mut dominators = vec![0; blocks.len()];
    for (block, this) in blocks.iter().enumerate().skip(1) {
        let mut forward = this.before.iter().copied().filter(|from| *from < block);
        let first = forward.next().unwrap_or(0);
        dominators[block] = forward.fold(first, |a, b| {
            let (mut a, mut b) = (a, b);
            while a != b {
                if a > b { a = dominators[a] } else { b = dominators[b] }
            }
            a
        });
    }
    dominators
}

fn postdominators(blocks: &[Block]) -> Vec<Option<usize>> {
    let end = blocks.len();
    // Distance from the end in the tree of postdominators would order the meet; the text's order does, but for loops, which the outer
    // repetition settles.
    let order = reverse_postorder_from_end(blocks);
    let mut rank = vec![usize::MAX; end + 1];
    for (at, block) in order.iter().enumerate() {
        rank[*block] = at;
    }
    let mut found: Vec<Option<usize>> = vec![None; end + 1];
    found[end] = Some(end);
    let mut changed = true;
    while changed {
        changed = false;
        for block in order.iter().copied().skip(1) {
            let known = blocks[block].next.iter().copied().filter(|to| found[*to].is_some());
            let met = known.reduce(|a, b| {
                let (mut a, mut b) = (a, b);
                while a != b {
                    let later = if rank[a] > rank[b] { &mut a } else { &mut b };
                    *later = found[*later].unwrap_or(end);
                }
                a
            });
            if met.is_some() && found[block] != met {
                found[block] = met;
                changed = true;
            }
        }
    }
    found.truncate(end);
    found
}

/// Blocks from which the end can be reached, the end first, each after at least one of those it leads to.
fn reverse_postorder_from_end(blocks: &[Block]) -> Vec<usize> {
    let end = blocks.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); end + 1];
    for (block, this) in blocks.iter().enumerate() {
        for to in &this.next {
            before[*to].push(block);
        }
    }
    let (mut seen, mut postorder) = (vec![false; end + 1], Vec::new());
    let mut stack = vec![(end, 0)];
    seen[end] = true;
    while let Some((block, child)) = stack.pop() {
        match before[block].get(child) {
            Some(next) => {
                stack.push((block, child + 1));
                if !seen[*next] {
                    seen[*next] = true;
                    stack.push((*next, 0));
                }
            }
            None => postorder.push(block),
        }
    }
    postorder.reverse();
    postorder
}
