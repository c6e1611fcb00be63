//! What differs between cells: the facts of each, and in a file of its own the equations, forward and backward.
//!
//! A cell computes on rows of pre-activations. A row holds the *slots* of each unit, the pre-activations that the unit keeps,
//! and a step turns them into gates. [`crate::layout::column`] tells where each stands. A cell knows no weights: what is
//! multiplied with them is the same for all cells, in [`crate::step`] and [`crate::direction`].

mod lstm;

use crate::simd::Vector;

/// The kind of a cell. It is matched once a step: generic copies of all that calls it would be kilobytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cell {
    /// `nn.LSTM`
    #[default]
    Lstm,
}

/// What a backward step reads and writes, row by row of the sequences that run.
pub struct BackwardStep<'a, 'b> {
    /// (n, row): the gates, which become the gradients of their pre-activations.
    pub gates: &'a mut [f32],
    /// The memory before the step, of sequence `b`, (padded H).
    pub memory_before: &'a dyn Fn(usize) -> &'b [f32],
    /// (n, padded H): the memory after the step.
    pub memory: &'a [f32],
    /// (n, padded H): the gradient of m(t), which is replaced by m(t) itself.
    pub d_m: &'a mut [f32],
    /// (n, padded H): from the gradient of the memory after the step to that before it.
    pub d_memory: &'a mut [f32],
    /// (n): the norm of the gradient of the memory after the step.
    pub d_memory_norms: &'a mut [f32],
}

impl Cell {
    /// All kinds, in the order of their numbers at the boundary to WebAssembly.
    pub const ALL: [Self; 1] = [Self::Lstm];

    /// The names of a unit's slots. The rows of `W_ih` and `W_hh` are stacked in this order, H of them for each slot.
    pub fn slots(self) -> &'static [&'static str] {
        match self {
            Self::Lstm => &lstm::SLOTS,
        }
    }

    /// How many slots a unit has.
    pub fn slot_count(self) -> usize {
        self.slots().len()
    }

    /// The place of each slot, in the order of [`Cell::slots`], within a block of a row.
    pub fn places(self) -> &'static [usize] {
        match self {
            Self::Lstm => &lstm::PLACES,
        }
    }

    /// How many units stand side by side in a block of a row. H is padded to whole blocks.
    pub fn block(self) -> usize {
        match self {
            Self::Lstm => lstm::BLOCK,
        }
    }

    /// Whether a unit carries a memory (the LSTM's c) from step to step beside h.
    pub fn has_memory(self) -> bool {
        match self {
            Self::Lstm => true,
        }
    }

    /// Turns complete pre-activations `pre` (n, row) into gates, `memory` (n, padded H) from before the step to after it, and
    /// writes m(t), the hidden state before its projection, to `m` (n, padded H).
    pub fn forward<V: Vector>(self, pre: &mut [f32], memory: &mut [f32], m: &mut [f32]) {
        match self {
            Self::Lstm => lstm::lstm_forward::<V>(pre, memory, m),
        }
    }

    /// The mirror of [`Cell::forward`].
    pub fn backward<V: Vector>(self, step: BackwardStep) {
        match self {
            Self::Lstm => lstm::lstm_backward::<V>(step),
        }
    }

    /// Sets the pre-activations (n, row) of the units of padding, those from `hidden` on, to 0.
    pub fn clear_padding(self, pre: &mut [f32], padded_hidden: usize, hidden: usize) {
        match self {
            Self::Lstm => lstm::clear_padding(pre, padded_hidden, hidden),
        }
    }
}
