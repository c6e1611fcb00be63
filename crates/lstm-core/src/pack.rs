//! Weights in the order in which the kernels read them.

use crate::gemm::Columns;
use crate::layout::{Kind, Layout};
use crate::memory::{self, product};
use crate::simd::{COLUMNS, LANES};
use crate::{Config, Error};
use alloc::vec::Vec;

/// Values of four units, a panel of the gates: four gates of [`LANES`] each.
pub const PANEL: usize = 4 * LANES;

/// Where each gate of four units lies within a panel, in PyTorch's order i, f, g, o: the panel itself is
/// `[i0..3 | f0..3 | o0..3 | g0..3]`.
///
/// The three σ gates stand together.
const PLACE: [usize; 4] = [0, LANES, 3 * LANES, 2 * LANES];

/// The parameters of one direction of one layer, packed.
///
/// Four hidden units make the 16 columns of a panel of the matrix, which holds them for all of
/// `K = I + H_out` rows, those for `x` first, then those for `h`: the order of the chain of sums.
#[derive(Debug, Clone)]
pub struct Packed {
    inputs: usize,
    gates: Columns,
    /// `b_ih + b_hh` in panel order, zeros without bias.
    bias: Vec<f32>,
    projection: Option<Columns>,
}

impl Packed {
    /// Makes room for the parameters of one direction of `layer`; [`Packed::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let (h, h_padded) = (config.hidden_size(), config.padded_hidden_size());
        let inputs = config.layer_input_size(layer);
        let projection = if config.proj_size() > 0 { Some(Columns::zeros(config.proj_size(), h)?) } else { None };
        Ok(Self {
            inputs,
            gates: Columns::zeros(4 * h_padded, inputs + config.h_size())?,
            bias: memory::zeros(4 * h_padded)?,
            projection,
        })
    }

    /// How many values all layers take, and what describes them; saturating.
    pub fn values(config: &Config) -> u64 {
        let (h, h_padded) = (config.hidden_size(), config.padded_hidden_size());
        config.total(&|layer| {
            let rows = config.layer_input_size(layer).saturating_add(config.h_size()).saturating_add(1);
            let weights =
                product(rows, h_padded.saturating_mul(4)).saturating_add(Columns::values(config.proj_size(), h));
            weights.saturating_add((size_of::<Self>() / 4) as u64)
        })
    }

    /// Packs the present values of the parameters of `direction` of `layer`. Returns whether any bit of them is new.
    pub fn update(
        &mut self,
        config: &Config,
        layout: &Layout,
        parameters: &[f32],
        layer: usize,
        direction: usize,
    ) -> bool {
        let h = config.hidden_size();
        let mut changed = false;
        let mut bias_ih = &[][..];
        for parameter in layout.of(config, layer, direction) {
            let values = parameter.of(parameters);
            match parameter.kind {
                Kind::WeightIh | Kind::WeightHh => {
                    let first = if parameter.kind == Kind::WeightIh { 0 } else { self.inputs };
                    for (row, weights) in values.chunks_exact(parameter.columns).enumerate() {
                        changed |= self.gates.set_column(panel_column(row / h, row % h), first, weights);
                    }
                }
                // It comes before b_hh in the layout.
                Kind::BiasIh => bias_ih = values,
                Kind::BiasHh => {
                    for (row, (b_ih, b_hh)) in bias_ih.iter().zip(values).enumerate() {
                        let sum = 0.0 + b_ih + b_hh; // never -0, whose sum with 0 has other bits
                        let bias = &mut self.bias[panel_column(row / h, row % h)];
                        changed |= bias.to_bits() != sum.to_bits();
                        *bias = sum;
                    }
                }
                Kind::WeightHr => {
                    if let Some(projection) = &mut self.projection {
                        for (column, weights) in values.chunks_exact(parameter.columns).enumerate() {
                            changed |= projection.set_column(column, 0, weights);
                        }
                    }
                }
            }
        }
        changed
    }

    /// `I`, the columns of `x` that this layer reads.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// `H_out`, the columns of `h` that this layer reads and writes.
    pub fn h_size(&self) -> usize {
        self.gates.depth() - self.inputs
    }

    /// The gates' weights, (4 * padded H) columns of `I + H_out`.
    pub fn gates(&self) -> &Columns {
        &self.gates
    }

    /// `b_ih + b_hh` in panel order.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// `W_hr`, (proj_size) columns of H.
    pub fn projection(&self) -> Option<&Columns> {
        self.projection.as_ref()
    }
}

/// The parameters of one direction of one layer as backward multiplies with them: transposed, gates in panel order.
#[derive(Debug, Clone)]
pub struct Transposed {
    /// `W_ih^T`: I columns of 4 * padded H.
    pub input: Columns,
    /// `W_hh^T`: H_out columns of 4 * padded H.
    pub recurrent: Columns,
    /// `W_hr^T`: H columns of proj_size.
    pub projection: Option<Columns>,
}

impl Transposed {
    /// Makes room; [`Transposed::update`] fills it.
    pub fn new(config: &Config, layer: usize) -> Result<Self, Error> {
        let gates = 4 * config.padded_hidden_size();
        let (hidden, proj_size) = (config.hidden_size(), config.proj_size());
        Ok(Self {
            input: Columns::zeros(config.layer_input_size(layer), gates)?,
            recurrent: Columns::zeros(config.h_size(), gates)?,
            projection: if proj_size > 0 { Some(Columns::zeros(hidden, proj_size)?) } else { None },
        })
    }

    /// How many values all layers of an LSTM that there is take, and what describes them.
    pub fn values(config: &Config) -> u64 {
        let gates = 4 * config.padded_hidden_size();
        config.total(&|layer| {
            Columns::values(config.layer_input_size(layer), gates)
                + Columns::values(config.h_size(), gates)
                + Columns::values(config.hidden_size(), config.proj_size())
                + (size_of::<Self>() / 4) as u64
        })
    }

    /// Takes the present values of the parameters of `direction` of `layer`.
    pub fn update(&mut self, config: &Config, layout: &Layout, parameters: &[f32], layer: usize, direction: usize) {
        let h = config.hidden_size();
        for parameter in layout.of(config, layer, direction) {
            let rows = parameter.of(parameters).chunks_exact(parameter.columns.max(1)).enumerate();
            match (parameter.kind, &mut self.projection) {
                (Kind::WeightIh, _) => rows.for_each(|(row, w)| self.input.set_row(panel_column(row / h, row % h), w)),
                (Kind::WeightHh, _) => {
                    rows.for_each(|(row, w)| self.recurrent.set_row(panel_column(row / h, row % h), w));
                }
                (Kind::WeightHr, Some(projection)) => rows.for_each(|(row, w)| projection.set_row(row, w)),
                _ => {}
            }
        }
    }
}

/// The column of `gate` (0..4 for i, f, g, o) of hidden unit `unit` in panel order.
pub fn panel_column(gate: usize, unit: usize) -> usize {
    unit / LANES * PANEL + PLACE[gate] + unit % LANES
}

const _: () = assert!(COLUMNS == PANEL);
