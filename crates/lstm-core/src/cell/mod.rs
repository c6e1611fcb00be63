//! What differs between cells: the facts of each, and in a file of its own the equations, forward and backward.
//!
//! A cell computes on rows of pre-activations. A row holds the *slots* of each unit, the pre-activations that the unit keeps,
//! and a step turns them into gates. [`crate::layout::column`] tells where each stands. A cell knows no weights: what is
//! multiplied with them is the same for all cells, in [`crate::step`] and [`crate::direction`].

mod gru;
mod lstm;
mod rnn;

use crate::simd::{LANES, Vector};
use rnn::Nonlinearity;

/// The kind of a cell. It is matched once a step: generic copies of all that calls it would be kilobytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cell {
    /// `nn.LSTM`
    #[default]
    Lstm,
    /// `nn.GRU`
    Gru,
    /// `nn.RNN` with `nonlinearity="tanh"`
    RnnTanh,
    /// `nn.RNN` with `nonlinearity="relu"`
    RnnRelu,
}

/// The slots that the products with a weight matrix add to: some that stand together in a row.
#[derive(Debug, Clone, Copy)]
pub struct Slots {
    /// Slots of a row that stand before these.
    pub first: usize,
    /// For each gate, in PyTorch's order of the weight's rows: the place of its slot among these.
    pub places: &'static [usize],
}

/// What a backward step reads and writes, row by row of the sequences that run.
pub struct BackwardStep<'a, 'b> {
    /// (n, row): the gates, which become the gradients of their pre-activations.
    pub gates: &'a mut [f32],
    /// (n, padded H), if the cell [reads it](Cell::reads_h): h(t-1).
    pub h_before: &'a [f32],
    /// c(t-1) of sequence `b`, (padded H).
    pub c_before: &'a dyn Fn(usize) -> &'b [f32],
    /// (n, padded H): c(t).
    pub c: &'a [f32],
    /// (n, padded H): the gradient of m(t). An LSTM replaces it by m(t) itself, which the gradient of `W_hr` needs; a GRU by
    /// the part of dL/dh(t-1) that does not come through `W_hh`. An RNN leaves it.
    pub d_m: &'a mut [f32],
    /// (n, padded H): before the call the part of dL/dc(t) that step t+1 left, after it the part of dL/dc(t-1) that this step
    /// leaves. Empty, like all of c, for a cell without c.
    pub d_c: &'a mut [f32],
    /// (n): the norm of dL/dc(t).
    pub d_c_norms: &'a mut [f32],
}

// The facts are asked for in calls: inlined, each place would bring a table of its own into the module.
impl Cell {
    /// All kinds, in the order of their numbers at the boundary to WebAssembly.
    pub const ALL: [Self; 4] = [Self::Lstm, Self::Gru, Self::RnnTanh, Self::RnnRelu];

    /// How many gates a unit has. `weight_ih` and `weight_hh` have H rows for each, gate by gate.
    #[inline(never)]
    pub fn gates(self) -> usize {
        self.input_slots().places.len()
    }

    /// The slots of a unit in the order of a trace, and the place of each in a row.
    #[inline(never)]
    pub fn places(self) -> &'static [usize] {
        match self {
            Self::Lstm => &lstm::PLACES,
            Self::Gru => &gru::PLACES,
            Self::RnnTanh | Self::RnnRelu => &rnn::PLACES,
        }
    }

    /// How many slots a unit has.
    #[inline(never)]
    pub fn slot_count(self) -> usize {
        self.places().len()
    }

    /// The slots that `W_ih x(t)` and `b_ih` add to. They are the first of a row.
    #[inline(never)]
    pub fn input_slots(self) -> Slots {
        match self {
            Self::Lstm => Slots { first: 0, places: &lstm::PLACES },
            Self::Gru => gru::INPUT_SLOTS,
            Self::RnnTanh | Self::RnnRelu => Slots { first: 0, places: &rnn::PLACES },
        }
    }

    /// The slots that `W_hh h(t-1)` and `b_hh` add to. They are the last of a row.
    #[inline(never)]
    pub fn recurrent_slots(self) -> Slots {
        match self {
            Self::Gru => gru::RECURRENT_SLOTS,
            _ => self.input_slots(),
        }
    }

    /// `H` is padded to a multiple of this, so that each weight's slots begin with a panel of its packed form.
    pub fn padding(self) -> usize {
        match self {
            Self::Lstm => LANES,
            _ => crate::simd::COLUMNS,
        }
    }

    /// Whether a unit carries a cell state c from step to step beside h.
    pub fn has_c(self) -> bool {
        self == Self::Lstm
    }

    /// Columns of c where h has `columns`: as many, or 0 for a cell without c.
    pub fn c_columns(self, columns: usize) -> usize {
        if self.has_c() { columns } else { 0 }
    }

    /// Whether the cell's own equations read h(t-1), which other cells only meet in `W_hh h(t-1)`.
    pub fn reads_h(self) -> bool {
        self == Self::Gru
    }

    /// Turns complete pre-activations `pre` (n, row) into gates, `c` (n, padded H) from c(t-1) to c(t), and
    /// writes m(t), the hidden state before its projection, to `m` (n, padded H), which holds h(t-1) if the cell reads that.
    pub fn forward<V: Vector>(self, pre: &mut [f32], c: &mut [f32], m: &mut [f32], padded_hidden: usize) {
        match self {
            Self::Lstm => lstm::lstm_forward::<V>(pre, c, m),
            Self::Gru => gru::gru_forward::<V>(pre, m, padded_hidden),
            Self::RnnTanh => rnn::rnn_forward::<V>(pre, m, Nonlinearity::Tanh),
            Self::RnnRelu => rnn::rnn_forward::<V>(pre, m, Nonlinearity::Relu),
        }
    }

    /// The mirror of [`Cell::forward`].
    pub fn backward<V: Vector>(self, step: BackwardStep, padded_hidden: usize) {
        match self {
            Self::Lstm => lstm::lstm_backward::<V>(step, padded_hidden),
            Self::Gru => gru::gru_backward::<V>(step, padded_hidden),
            Self::RnnTanh => rnn::rnn_backward::<V>(step, Nonlinearity::Tanh),
            Self::RnnRelu => rnn::rnn_backward::<V>(step, Nonlinearity::Relu),
        }
    }

    /// Sets the pre-activations (n, row) of the units of padding, those from `hidden` on, to 0.
    ///
    /// The weights of padding are 0, and 0 is what they make of any finite input. An infinite or NaN input times 0 is NaN, which
    /// backward would carry into the other units. With pre-activations of 0, the units of padding have c, h and gradients of
    /// 0.
    #[inline(never)]
    pub fn clear_padding(self, pre: &mut [f32], padded_hidden: usize, hidden: usize) {
        if hidden == padded_hidden {
            return;
        }
        let kept = hidden % LANES;
        match self {
            Self::Lstm => lstm::clear_padding(pre, padded_hidden, kept),
            // All units of a slot stand together.
            _ => {
                for slot in pre.chunks_exact_mut(padded_hidden) {
                    let quads = slot.as_chunks_mut::<LANES>().0;
                    clear_from(kept, &mut quads[hidden / LANES]);
                    quads[hidden / LANES + 1..].iter_mut().for_each(|quad| clear_from(0, quad));
                }
            }
        }
    }
}

/// Sets the lanes from `kept` on to 0. One by one: to fill a slice would be a call of the engine.
#[inline(always)]
fn clear_from(kept: usize, quad: &mut [f32; LANES]) {
    if kept == 0 {
        quad[0] = 0.0;
    }
    if kept < 2 {
        quad[1] = 0.0;
    }
    if kept < 3 {
        quad[2] = 0.0;
    }
    quad[3] = 0.0;
}

/// The derivative of σ by its argument, from its value.
fn sigmoid_slope<V: Vector>(gate: V) -> V {
    gate * (V::splat(1.0) - gate)
}
