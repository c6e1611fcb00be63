//! Weights in the order in which the kernels read them.

use crate::buffer::{product, zeros};
use crate::cell::Cell;
use crate::gemm::PackedB;
use crate::layout::{Kind, Parameter, column};
use crate::{Config, Error};
use alloc::vec::Vec;

/// The parameters of one direction of one layer as forward multiplies with them. Gates are in the order of
/// [`crate::layout::column`].
#[derive(Debug, Clone)]
pub struct Packed {
    cell: Cell,
    hidden: usize,
    padded_hidden: usize,
    input: PackedB,
    recurrent: PackedB,
    init: Vec<f32>,
    projection: Option<PackedB>,
}

impl Packed {
    /// Makes room for the parameters of one direction of `layer`; [`Packed::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let (hidden, row_len, proj_size) = (config.hidden_size(), config.row_len(), config.proj_size());
        Ok(Self {
            cell: config.cell(),
            hidden,
            padded_hidden: config.padded_hidden_size(),
            input: PackedB::zeros(row_len, config.layer_input_size(layer))?,
            recurrent: PackedB::zeros(row_len, config.h_size())?,
            init: zeros(row_len)?,
            projection: if proj_size > 0 { Some(PackedB::zeros(proj_size, hidden)?) } else { None },
        })
    }

    /// How many values all layers take, and what describes them; saturating.
    pub fn len_for(config: &Config) -> u64 {
        let row_len = config.padded_hidden_size().saturating_mul(config.cell().slot_count());
        config.total(&|layer| {
            let rows = config.layer_input_size(layer).saturating_add(config.h_size()).saturating_add(1);
            let projection = PackedB::len_for(config.proj_size(), config.hidden_size());
            let weights = product(rows, row_len).saturating_add(projection);
            weights.saturating_add((size_of::<Self>() / 4) as u64)
        })
    }

    /// Packs the present values of `parameters`, those of one direction of one layer, which lie in `values`. Returns whether
    /// any bit of them is new.
    pub fn update(&mut self, parameters: &[Parameter], values: &[f32]) -> bool {
        let (cell, hidden) = (self.cell, self.hidden);
        let column = |row: usize| column(cell, row / hidden, row % hidden);
        let mut changed = false;
        let mut bias_ih = &[][..];
        for parameter in parameters {
            let values = parameter.of(values);
            let rows = values.chunks_exact(parameter.columns.max(1)).enumerate();
            match (parameter.kind, &mut self.projection) {
                (Kind::WeightIh, _) => rows.for_each(|(row, w)| changed |= self.input.set_column(column(row), w)),
                (Kind::WeightHh, _) => rows.for_each(|(row, w)| changed |= self.recurrent.set_column(column(row), w)),
                // It comes before b_hh in the layout.
                (Kind::BiasIh, _) => bias_ih = values,
                (Kind::BiasHh, _) => {
                    for (row, (b_ih, b_hh)) in bias_ih.iter().zip(values).enumerate() {
                        let sum = 0.0 + b_ih + b_hh; // never -0, whose sum with 0 has other bits
                        let init = &mut self.init[column(row)];
                        changed |= init.to_bits() != sum.to_bits();
                        *init = sum;
                    }
                }
                (Kind::WeightHr, Some(projection)) => {
                    rows.for_each(|(row, w)| changed |= projection.set_column(row, w));
                }
                (Kind::WeightHr, None) => {}
            }
        }
        changed
    }

    /// The kind of the cell.
    pub fn cell(&self) -> Cell {
        self.cell
    }

    /// `H`.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// `H`, padded to whole blocks of the cell.
    pub fn padded_hidden(&self) -> usize {
        self.padded_hidden
    }

    /// Values in a row of pre-activations: all slots of all units, padding included.
    pub fn row_len(&self) -> usize {
        self.init.len()
    }

    /// `I`, the columns of `x` that this layer reads.
    pub fn input_size(&self) -> usize {
        self.input.depth()
    }

    /// `H_out`, the columns of `h` that this layer reads and writes.
    pub fn h_size(&self) -> usize {
        self.recurrent.depth()
    }

    /// `W_ih`: `I` deep, a column for each slot of each unit.
    pub fn input(&self) -> &PackedB {
        &self.input
    }

    /// `W_hh`: `H_out` deep, a column for each slot of each unit.
    pub fn recurrent(&self) -> &PackedB {
        &self.recurrent
    }

    /// `b_ih + b_hh`, where every chain of sums begins; zeros without bias.
    pub fn init(&self) -> &[f32] {
        &self.init
    }

    /// `W_hr`: `H` deep, proj_size columns.
    pub fn projection(&self) -> Option<&PackedB> {
        self.projection.as_ref()
    }
}

/// The parameters of one direction of one layer as backward multiplies with them: transposed.
#[derive(Debug, Clone)]
pub struct Transposed {
    /// `W_ihᵀ`: as deep as a row of pre-activations, I columns.
    pub input: PackedB,
    /// `W_hhᵀ`: as deep, H_out columns.
    pub recurrent: PackedB,
    /// `W_hrᵀ`: proj_size deep, H columns.
    pub projection: Option<PackedB>,
}

impl Transposed {
    /// Makes room; [`Transposed::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let (row_len, hidden, proj_size) = (config.row_len(), config.hidden_size(), config.proj_size());
        Ok(Self {
            input: PackedB::zeros(config.layer_input_size(layer), row_len)?,
            recurrent: PackedB::zeros(config.h_size(), row_len)?,
            projection: if proj_size > 0 { Some(PackedB::zeros(hidden, proj_size)?) } else { None },
        })
    }

    /// How many values all layers take, and what describes them. Only asked for a stack that there is, whose sizes fit.
    pub fn len_for(config: &Config) -> u64 {
        let row_len = config.row_len();
        config.total(&|layer| {
            PackedB::len_for(config.layer_input_size(layer), row_len)
                + PackedB::len_for(config.h_size(), row_len)
                + PackedB::len_for(config.hidden_size(), config.proj_size())
                + (size_of::<Self>() / 4) as u64
        })
    }

    /// Takes the present values of `parameters`, those of one direction of one layer, which lie in `values`.
    pub fn update(&mut self, config: &Config, parameters: &[Parameter], values: &[f32]) {
        let hidden = config.hidden_size();
        let column = |row: usize| column(config.cell(), row / hidden, row % hidden);
        for parameter in parameters {
            let rows = parameter.of(values).chunks_exact(parameter.columns.max(1)).enumerate();
            match (parameter.kind, &mut self.projection) {
                (Kind::WeightIh, _) => rows.for_each(|(row, w)| self.input.set_row(column(row), w)),
                (Kind::WeightHh, _) => rows.for_each(|(row, w)| self.recurrent.set_row(column(row), w)),
                (Kind::WeightHr, Some(projection)) => rows.for_each(|(row, w)| projection.set_row(row, w)),
                _ => {}
            }
        }
    }
}
