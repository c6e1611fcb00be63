//! The hyperparameters of `nn.LSTM`, checked once.

use crate::Error;
use crate::buffer::times;
use crate::cell::Cell;

/// The hyperparameters; only [`Config::new`] makes one, so each that exists is valid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    cell: Cell,
    input_size: usize,
    hidden_size: usize,
    num_layers: usize,
    proj_size: usize,
    bias: bool,
    bidirectional: bool,
    dropout: f32,
    weights: Weights,
}

/// What weights are in memory. Biases, states and activations are float32 always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weights {
    /// As they were trained.
    #[default]
    F32,
    /// Integers of 8 bits, with a scale for each row.
    I8,
    /// Integers of up to 16 bits, with a scale for each row.
    I16,
}

impl Weights {
    /// All kinds, in the order of their numbers at the boundary to WebAssembly.
    pub const ALL: [Self; 3] = [Self::F32, Self::I8, Self::I16];
}

/// The counter of the dropout masks has 16 bits for the layer.
const MAX_LAYERS: usize = (1 << 16) - 1;

/// The hyperparameters as they come, `nn.LSTM`'s names and defaults.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The kind of the cell.
    pub cell: Cell,
    /// Values in each row of the input, `I`.
    pub input_size: usize,
    /// Units of the cell, `H`.
    pub hidden_size: usize,
    /// Layers, each reading the one below.
    pub num_layers: usize,
    /// Columns that `h` is projected to, 0 for no projection; smaller than `hidden_size`. Only an LSTM has one.
    pub proj_size: usize,
    /// Whether `bias_ih` and `bias_hh` exist.
    pub bias: bool,
    /// Whether each layer also reads the sequence backwards.
    pub bidirectional: bool,
    /// The probability with which a training forward zeroes a value between two layers.
    pub dropout: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cell: Cell::default(),
            input_size: 1,
            hidden_size: 1,
            num_layers: 1,
            proj_size: 0,
            bias: true,
            bidirectional: false,
            dropout: 0.0,
        }
    }
}

impl Config {
    /// Checks the options against each other.
    pub fn new(options: Options) -> Result<Self, Error> {
        let Options { cell, input_size, hidden_size, num_layers, proj_size, bias, bidirectional, dropout } = options;
        if input_size == 0 {
            return Err(Error::InputSize);
        }
        if hidden_size == 0 {
            return Err(Error::HiddenSize);
        }
        if num_layers == 0 || num_layers > MAX_LAYERS {
            return Err(Error::NumLayers);
        }
        if proj_size >= hidden_size || (proj_size > 0 && cell != Cell::Lstm) {
            return Err(Error::ProjSize);
        }
        if !(0.0..=1.0).contains(&dropout) {
            return Err(Error::Dropout);
        }
        Ok(Self {
            cell,
            input_size,
            hidden_size,
            num_layers,
            proj_size,
            bias,
            bidirectional,
            dropout,
            weights: Weights::F32,
        })
    }

    /// The same with weights of another kind.
    pub fn with_weights(self, weights: Weights) -> Self {
        Self { weights, ..self }
    }

    /// What the weights are in memory.
    pub fn weights(&self) -> Weights {
        self.weights
    }

    /// The kind of the cell.
    pub fn cell(&self) -> Cell {
        self.cell
    }

    /// `I`: values in each row of the input.
    pub fn input_size(&self) -> usize {
        self.input_size
    }

    /// `H`: units of the cell.
    pub fn hidden_size(&self) -> usize {
        self.hidden_size
    }

    /// How many layers are stacked.
    pub fn num_layers(&self) -> usize {
        self.num_layers
    }

    /// Columns of the projection, 0 without one.
    pub fn proj_size(&self) -> usize {
        self.proj_size
    }

    /// Whether the biases exist.
    pub fn bias(&self) -> bool {
        self.bias
    }

    /// The probability with which a training forward zeroes a value between two layers.
    pub fn dropout(&self) -> f32 {
        self.dropout
    }

    /// `D`: 2 when bidirectional, else 1.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// `H_out`: columns of `h`, the projection's where there is one.
    pub fn h_size(&self) -> usize {
        if self.proj_size > 0 { self.proj_size } else { self.hidden_size }
    }

    /// `D * H_out`: columns of a layer's output.
    pub fn output_size(&self) -> usize {
        times(self.directions(), self.h_size())
    }

    /// Columns that a layer reads: the input's for the first, `D * H_out` above it.
    pub fn layer_input_size(&self, layer: usize) -> usize {
        if layer == 0 { self.input_size } else { self.output_size() }
    }

    /// The sum of `of_layer` over the directions of all layers. It is asked for layers 0 and 1; those above are like layer 1.
    #[inline(never)]
    pub(crate) fn total(&self, of_layer: &dyn Fn(usize) -> u64) -> u64 {
        let above = of_layer(1).saturating_mul(self.num_layers as u64 - 1);
        of_layer(0).saturating_add(above).saturating_mul(self.directions() as u64)
    }

    /// `H` rounded up to a multiple of [`Cell::padding`]. The units added have zero weights, and the cell keeps them at zero.
    pub fn padded_hidden_size(&self) -> usize {
        times(self.hidden_size.div_ceil(self.cell.padding()), self.cell.padding())
    }

    /// Columns of c: `H`, or 0 for a cell without c.
    pub fn c_size(&self) -> usize {
        self.cell.c_columns(self.hidden_size)
    }

    /// Columns of c with those of padding.
    pub fn padded_c_size(&self) -> usize {
        self.cell.c_columns(self.padded_hidden_size())
    }

    /// Values in a row of pre-activations: all slots of all units, with those of padding.
    pub fn row_len(&self) -> usize {
        self.cell.slot_count() * self.padded_hidden_size()
    }

    /// Columns that each of the two weight matrices has packed: as many as rows, with those of padding.
    pub fn gate_columns(&self) -> usize {
        times(self.cell.gates(), self.padded_hidden_size())
    }
}
