//! What training needs beside the LSTM itself: layers around it, losses and optimisers.
//!
//! A layer's parameters and an optimiser's state live here; activations and gradients pass through the layers' buffers.

pub mod embedding;
pub mod lanes;
pub mod linear;
pub mod loss;
pub mod optimizer;
pub mod softmax;
pub mod standalone;

pub use embedding::Embedding;
pub use linear::Linear;
pub use loss::Loss;
pub use optimizer::{Optimizer, Rule};
pub use standalone::Standalone;

use crate::gemm::PackedA;
use crate::{Error, buffer};
use alloc::vec::Vec;

/// Values and their gradients.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// What is learned.
    pub values: Vec<f32>,
    /// What every backward adds to; empty before the first reservation for training.
    pub gradients: Vec<f32>,
}

impl Parameter {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Result<Self, Error> {
        Ok(Self { values: buffer::zeros(len)?, gradients: Vec::new() })
    }

    /// Makes gradients of 0, unless there are some.
    pub fn reserve_gradients(&mut self) -> Result<(), Error> {
        buffer::grow(&mut self.gradients, self.values.len())
    }
}

/// The buffers of a [`Layer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Buffer {
    /// What forward reads.
    Input,
    /// What forward writes; backward reads the gradient of the output from the same place.
    Output,
    /// What backward writes: the gradient of the input.
    InputGradient,
}

/// A layer that maps each row by itself. What it read in a forward stays for the backward after it.
pub trait Layer {
    /// Makes room for a forward of so many rows, and if it `trains` for its backward; the only call that allocates.
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error>;

    /// Where a buffer lies; every reservation may move it.
    fn address(&mut self, buffer: Buffer) -> usize;

    /// Runs over what was reserved.
    fn forward(&mut self, packed_a: &mut PackedA);

    /// Goes back through the last forward: adds to the gradients of the parameters.
    fn backward(&mut self, packed_a: &mut PackedA);

    /// One parameter in PyTorch's order, to read.
    fn parameter(&mut self, index: usize) -> &mut Parameter;

    /// Says that parameters may have been written.
    fn changed(&mut self);

    /// A number that grows when the values of parameters change that a backward reads.
    fn version(&mut self) -> u32;
}
