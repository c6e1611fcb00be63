//! Weights in the order in which the kernels read them.

use crate::buffer::{product, sum, zeros};
use crate::cell::{Cell, Slots};
use crate::gemm::PackedB;
use crate::layout::{GateColumns, Kind, Parameter};
use crate::{Config, Error};
use alloc::vec::Vec;

/// The parameters of one direction of one layer as forward multiplies with them. Columns are in the order of
/// [`crate::layout::column`].
#[derive(Debug, Clone)]
pub struct PackedWeights {
    cell: Cell,
    hidden: usize,
    padded_hidden: usize,
    input: PackedB,
    recurrent: PackedB,
    init: Vec<f32>,
    projection: Option<PackedB>,
}

impl PackedWeights {
    /// Makes room for the parameters of one direction of `layer`; [`PackedWeights::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let (hidden, row_len, proj_size) = (config.hidden_size(), config.row_len(), config.proj_size());
        let matrix = |columns: usize, depth: usize| PackedB::of(config.weights(), columns, depth);
        Ok(Self {
            cell: config.cell(),
            hidden,
            padded_hidden: config.padded_hidden_size(),
            input: matrix(config.gate_columns(), config.layer_input_size(layer))?,
            recurrent: matrix(config.gate_columns(), config.h_size())?,
            init: zeros(row_len)?,
            projection: if proj_size > 0 { Some(matrix(proj_size, hidden)?) } else { None },
        })
    }

    /// How many values all layers take, and what describes them; saturating.
    pub fn len_for(config: &Config) -> u64 {
        config.total(&|layer| {
            let matrix = |columns: usize, depth: usize| PackedB::len_of(config.weights(), columns, depth);
            sum(&[
                matrix(config.gate_columns(), config.layer_input_size(layer)),
                matrix(config.gate_columns(), config.h_size()),
                matrix(config.proj_size(), config.hidden_size()),
                product(config.padded_hidden_size(), config.cell().slot_count()),
                (size_of::<Self>() / 4) as u64,
            ])
        })
    }

    /// Packs the present values of `parameters`, those of one direction of one layer, which lie in `values`. Parameters that are
    /// not [stored](Parameter::stored) there stay as they are. Returns whether any bit of them is new.
    pub fn update(&mut self, parameters: &[Parameter], values: &[f32]) -> bool {
        let (input_columns, recurrent_columns) = (self.input_columns(), self.recurrent_columns());
        let mut changed = false;
        let mut bias_ih = &[][..];
        for parameter in parameters {
            let values = parameter.of(values);
            let rows = values.chunks_exact(parameter.columns.max(1)).enumerate();
            match (parameter.kind, &mut self.projection) {
                (Kind::WeightIh, _) => {
                    rows.for_each(|(row, w)| changed |= self.input.set_column(input_columns.of(row), w));
                }
                (Kind::WeightHh, _) => {
                    rows.for_each(|(row, w)| changed |= self.recurrent.set_column(recurrent_columns.of(row), w));
                }
                // It comes before b_hh in the layout.
                (Kind::BiasIh, _) => bias_ih = values,
                (Kind::BiasHh, _) => {
                    let mut set = |column: usize, value: f32| {
                        let init = &mut self.init[column];
                        changed |= init.to_bits() != value.to_bits();
                        *init = value;
                    };
                    for (row, (b_ih, b_hh)) in bias_ih.iter().zip(values).enumerate() {
                        let (of_ih, of_hh) = (input_columns.in_row(row), recurrent_columns.in_row(row));
                        // From 0, and so never -0, whose sum with 0 has other bits.
                        if of_ih == of_hh {
                            set(of_ih, 0.0 + b_ih + b_hh);
                        } else {
                            set(of_ih, 0.0 + b_ih);
                            set(of_hh, 0.0 + b_hh);
                        }
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

    /// Where the products with `W_ih` go in a row of pre-activations.
    pub fn input_columns(&self) -> GateColumns {
        GateColumns::new(self.cell, self.hidden, self.padded_hidden, self.cell.input_slots())
    }

    /// Where the products with `W_hh` go in a row of pre-activations.
    pub fn recurrent_columns(&self) -> GateColumns {
        GateColumns::new(self.cell, self.hidden, self.padded_hidden, self.cell.recurrent_slots())
    }

    /// The kind of the cell.
    pub fn cell(&self) -> Cell {
        self.cell
    }

    /// `H`.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// `H`, rounded up to a multiple of [`Cell::padding`].
    pub fn padded_hidden(&self) -> usize {
        self.padded_hidden
    }

    /// Columns of c, 0 for a cell without c.
    pub fn c_size(&self) -> usize {
        self.cell.c_columns(self.hidden)
    }

    /// The same with those of padding.
    pub fn padded_c_size(&self) -> usize {
        self.cell.c_columns(self.padded_hidden)
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

    /// `W_ih`: `I` deep, a column for each of its slots of each unit.
    pub fn input(&self) -> &PackedB {
        &self.input
    }

    /// `W_hh`: `H_out` deep, a column for each of its slots of each unit.
    pub fn recurrent(&self) -> &PackedB {
        &self.recurrent
    }

    /// Where every chain of sums begins: `b_ih + b_hh`, or in slots that only one of them reaches that one; zeros without bias.
    pub fn init(&self) -> &[f32] {
        &self.init
    }

    /// `W_hr`: `H` deep, proj_size columns.
    pub fn projection(&self) -> Option<&PackedB> {
        self.projection.as_ref()
    }

    /// The matrix of a narrow weight, and the column in it of a row as PyTorch shapes it.
    pub fn narrow(&mut self, kind: Kind, row: usize) -> (&mut PackedB, usize) {
        let columns = if kind == Kind::WeightIh { self.input_columns() } else { self.recurrent_columns() };
        match (kind, &mut self.projection) {
            (Kind::WeightIh, _) => (&mut self.input, columns.of(row)),
            (Kind::WeightHr, Some(projection)) => (projection, row),
            _ => (&mut self.recurrent, columns.of(row)),
        }
    }
}

/// The parameters of one direction of one layer as backward multiplies with them: transposed.
#[derive(Debug, Clone)]
pub struct TransposedWeights {
    /// `W_ihᵀ`: as deep as `W_ih` has packed columns, I columns.
    pub input: PackedB,
    /// `W_hhᵀ`: as deep as `W_hh` has packed columns, H_out columns.
    pub recurrent: PackedB,
    /// `W_hrᵀ`: proj_size deep, H columns.
    pub projection: Option<PackedB>,
}

impl TransposedWeights {
    /// Makes room; [`TransposedWeights::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let (columns, hidden, proj_size) = (config.gate_columns(), config.hidden_size(), config.proj_size());
        Ok(Self {
            input: PackedB::zeros(config.layer_input_size(layer), columns)?,
            recurrent: PackedB::zeros(config.h_size(), columns)?,
            projection: if proj_size > 0 { Some(PackedB::zeros(hidden, proj_size)?) } else { None },
        })
    }

    /// How many values all layers take, and what describes them. Only asked for a stack that there is, whose sizes fit.
    pub fn len_for(config: &Config) -> u64 {
        let columns = config.gate_columns();
        config.total(&|layer| {
            PackedB::len_for(config.layer_input_size(layer), columns)
                + PackedB::len_for(config.h_size(), columns)
                + PackedB::len_for(config.hidden_size(), config.proj_size())
                + (size_of::<Self>() / 4) as u64
        })
    }

    /// Takes the present values of `parameters`, those of one direction of one layer, which lie in `values`.
    pub fn update(&mut self, config: &Config, parameters: &[Parameter], values: &[f32]) {
        let (cell, hidden, padded_hidden) = (config.cell(), config.hidden_size(), config.padded_hidden_size());
        let columns = |slots: Slots| GateColumns::new(cell, hidden, padded_hidden, slots);
        let (input_columns, recurrent_columns) = (columns(cell.input_slots()), columns(cell.recurrent_slots()));
        for parameter in parameters {
            let rows = parameter.of(values).chunks_exact(parameter.columns.max(1)).enumerate();
            match (parameter.kind, &mut self.projection) {
                (Kind::WeightIh, _) => rows.for_each(|(row, w)| self.input.set_row(input_columns.of(row), w)),
                (Kind::WeightHh, _) => rows.for_each(|(row, w)| self.recurrent.set_row(recurrent_columns.of(row), w)),
                (Kind::WeightHr, Some(projection)) => rows.for_each(|(row, w)| projection.set_row(row, w)),
                _ => {}
            }
        }
    }
}
