//! Where things lie in memory: the parameters as PyTorch names, shapes and orders them, one after the other in one slice; the
//! slots of a row of pre-activations; the rows of a tensor.

use crate::buffer::{check_fits, product, sum, times, with_capacity};
use crate::cell::{Cell, Slots};
use crate::config::Weights;
use crate::simd::LANES;
use crate::{Config, Error};
use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

/// Which matrix or vector a parameter is; PyTorch's name without the suffix `_l{layer}` and `_reverse`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `weight_ih`, (gates * H, I)
    WeightIh,
    /// `weight_hh`, (gates * H, H_out)
    WeightHh,
    /// `bias_ih`, (gates * H)
    BiasIh,
    /// `bias_hh`, (gates * H)
    BiasHh,
    /// `weight_hr`, (proj_size, H)
    WeightHr,
}

impl Kind {
    /// PyTorch's name of it, without layer and direction.
    pub fn name(self) -> &'static str {
        match self {
            Self::WeightIh => "weight_ih",
            Self::WeightHh => "weight_hh",
            Self::BiasIh => "bias_ih",
            Self::BiasHh => "bias_hh",
            Self::WeightHr => "weight_hr",
        }
    }
}

/// The most parameters that one direction of one layer has.
const MAX_PARAMETERS: usize = 5;

/// One parameter and where its row-major values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Which of a layer's parameters.
    pub kind: Kind,
    /// The layer, from 0.
    pub layer: usize,
    /// 0 forward, 1 reverse.
    pub direction: usize,
    /// First value in the slice of all parameters.
    pub offset: usize,
    /// Rows of the matrix, or values of the vector.
    pub rows: usize,
    /// Columns of the matrix; 0 for a vector.
    pub columns: usize,
    /// Whether its values lie in the slice: not those of narrow weights, which are in their packed form only.
    pub stored: bool,
}

impl Parameter {
    /// How many values it has.
    pub fn len(&self) -> usize {
        self.rows * self.columns.max(1)
    }

    /// Never: a parameter has at least one value.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// PyTorch's full name, `weight_ih_l0_reverse` for one.
    pub fn name(&self) -> String {
        let reverse = if self.direction == 1 { "_reverse" } else { "" };
        format!("{}_l{}{reverse}", self.kind.name(), self.layer)
    }

    /// Its values within the slice of all parameters.
    pub fn of<'a>(&self, parameters: &'a [f32]) -> &'a [f32] {
        &parameters[self.range()]
    }

    /// Which of all parameters' values are its own; none if they lie elsewhere.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + if self.stored { self.len() } else { 0 }
    }
}

/// All parameters in `nn.LSTM`'s order.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    parameters: Vec<Parameter>,
    len: usize,
    per_direction: usize,
}

impl Layout {
    /// Lays the parameters of `config` out, layer by layer, forward before reverse.
    ///
    /// Fails with [`Error::OutOfMemory`] if they could not fit.
    pub fn new(config: &Config) -> Result<Self, Error> {
        check_fits(Self::len_for(config))?;
        let directions = config.num_layers() * config.directions();
        let (h, h_out) = (config.hidden_size(), config.h_size());
        let gates = config.cell().gates() * h;
        let biases = if config.bias() { gates } else { 0 };
        let mut parameters = with_capacity(directions * MAX_PARAMETERS)?;
        let mut len = 0;
        for index in 0..directions {
            let (layer, direction) = (index / config.directions(), index % config.directions());
            for (kind, rows, columns) in [
                (Kind::WeightIh, gates, config.layer_input_size(layer)),
                (Kind::WeightHh, gates, h_out),
                (Kind::BiasIh, biases, 0),
                (Kind::BiasHh, biases, 0),
                (Kind::WeightHr, config.proj_size(), h),
            ] {
                let stored = columns == 0 || config.weights() == Weights::F32;
                let parameter = Parameter { kind, layer, direction, offset: len, rows, columns, stored };
                len = parameter.range().end;
                if rows > 0 {
                    parameters.push(parameter);
                }
            }
        }
        let per_direction = parameters.len() / directions;
        Ok(Self { parameters, len, per_direction })
    }

    /// How many values all parameters and what describes them take; saturating.
    pub fn len_for(config: &Config) -> u64 {
        let h = config.hidden_size();
        config.total(&|layer| {
            let biases = if config.bias() { 2 } else { 0 };
            let gates = times(h, config.cell().gates());
            let columns = config.layer_input_size(layer).saturating_add(config.h_size());
            let weights = [product(columns, gates), product(config.proj_size(), h)];
            sum(&[
                if config.weights() == Weights::F32 { sum(&weights) } else { 0 },
                product(biases, gates),
                (MAX_PARAMETERS * size_of::<Parameter>() / 4) as u64,
            ])
        })
    }

    /// All parameters, `nn.LSTM`'s order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameters of one direction of one layer: weight_ih, weight_hh, \[bias_ih, bias_hh\], \[weight_hr\].
    pub fn of(&self, config: &Config, layer: usize, direction: usize) -> &[Parameter] {
        let first = (layer * config.directions() + direction) * self.per_direction;
        &self.parameters[first..first + self.per_direction]
    }

    /// How many values all parameters have in the slice.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: every cell has weights.
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// The column of one slot of one unit, in a row of pre-activations or in a packed weight matrix. A matrix has columns for the slots
/// that it adds to; `place` is the slot's place among those of the row, or of the matrix. (For a GRU the two differ. There all units
/// of a slot stand together, so that the column depends on nothing but the place.)
///
/// A row holds the slots of a block of units, then those of the next block. For the LSTM a block is four units, and a slot
/// of it one vector; so a step finds all that a unit needs in one place, and σ runs over three vectors that stand together.
/// Of a GRU all units are one block, so that the columns of each weight matrix stand together in it:
///
/// ```text
/// LSTM | i0-3  f0-3  o0-3  g0-3 | i4-7  f4-7  o4-7  g4-7 | ...
/// GRU  | n_x0-  r0-  z0-  n_h0- |      W_ih adds to n_x, r, z; W_hh adds to r, z, n_h
/// RNN  | h0- |
/// ```
pub fn column(cell: Cell, padded_hidden: usize, place: usize, unit: usize) -> usize {
    // No division by a variable: a backward asks for every row of the weights.
    match cell {
        Cell::Lstm => (unit / LANES * cell.slot_count() + place) * LANES + unit % LANES,
        _ => place * padded_hidden + unit,
    }
}

/// The columns that belong to the rows of a weight matrix, H rows for each gate.
#[derive(Debug, Clone, Copy)]
pub struct GateColumns {
    cell: Cell,
    hidden: usize,
    padded_hidden: usize,
    slots: Slots,
}

impl GateColumns {
    /// Those of a matrix whose products go to `slots`.
    pub fn new(cell: Cell, hidden: usize, padded_hidden: usize, slots: Slots) -> Self {
        Self { cell, hidden, padded_hidden, slots }
    }

    /// The column of a row of the matrix, among its own.
    pub fn of(&self, row: usize) -> usize {
        column(self.cell, self.padded_hidden, self.slots.places[row / self.hidden], row % self.hidden)
    }

    /// The same column in a whole row of pre-activations.
    pub fn in_row(&self, row: usize) -> usize {
        self.start() + self.of(row)
    }

    /// Where in a row of pre-activations the columns of the matrix begin.
    pub fn start(&self) -> usize {
        self.slots.first * self.padded_hidden
    }
}

/// Where row `r`, counted step by step and within a step by batch, begins in a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMap {
    stride: usize,
    /// `(batch, steps)` where the batch comes first in memory.
    batch_first: Option<(usize, usize)>,
}

impl RowMap {
    /// Rows of `stride` values in their own order: (seq, batch, .) tensors and packed data.
    pub fn steps_first(stride: usize) -> Self {
        Self { stride, batch_first: None }
    }

    /// Rows of `stride` values of a (batch, seq, .) tensor.
    pub fn batch_first(stride: usize, batch: usize, steps: usize) -> Self {
        // With one sequence, or of one step, both orders are the same.
        Self { stride, batch_first: (batch > 1 && steps > 1).then_some((batch, steps)) }
    }

    /// The index of the first value of row `r`.
    #[inline(always)]
    pub fn start(&self, r: usize) -> usize {
        match self.batch_first {
            None => r * self.stride,
            Some((batch, steps)) => (r % batch * steps + r / batch) * self.stride,
        }
    }
}
