//! `nn.Embedding`: a row of the weight for each index.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::buffer::{grow, product, request, sum};
use crate::gemm::PackedA;
use crate::weight_grad::add;
use alloc::vec::Vec;

/// weight (count, dim), and the memory of one forward at a time.
#[derive(Debug)]
pub struct Embedding {
    dim: usize,
    /// The row that gets no gradient.
    padding: Option<usize>,
    weight: Parameter,
    rows: usize,
    /// (rows), each below `count`
    indices: Vec<u32>,
    /// (rows, dim): the output, then its gradient.
    output: Vec<f32>,
}

impl Embedding {
    /// `count` rows of `dim` zeros.
    pub fn new(count: usize, dim: usize, padding: Option<usize>) -> Result<Self, Error> {
        let weight = request(product(count, dim), || Parameter::zeros(count * dim))?;
        Ok(Self { dim, padding, weight, rows: 0, indices: Vec::new(), output: Vec::new() })
    }

    /// The indices of the next forward.
    pub fn indices_mut(&mut self) -> &mut [u32] {
        &mut self.indices[..self.rows]
    }

    /// The output of the last forward, before backward to be overwritten by its gradient.
    pub fn output_mut(&mut self) -> &mut [f32] {
        &mut self.output[..self.rows * self.dim]
    }
}

impl Layer for Embedding {
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error> {
        let begins = trains && self.weight.gradients.is_empty();
        let gradients = if begins { self.weight.values.len() as u64 } else { 0 };
        self.rows = 0;
        request(sum(&[product(rows, self.dim), rows as u64, gradients]), || {
            if trains {
                self.weight.reserve_gradients()?;
            }
            grow(&mut self.indices, rows)?;
            grow(&mut self.output, rows * self.dim)
        })?;
        self.rows = rows;
        Ok(())
    }

    fn address(&mut self, buffer: Buffer) -> usize {
        match buffer {
            Buffer::Input => self.indices.as_ptr().addr(),
            _ => self.output.as_ptr().addr(),
        }
    }

    fn forward(&mut self, _: &mut PackedA) {
        let rows = self.output.chunks_exact_mut(self.dim);
        for (row, &index) in rows.zip(&self.indices[..self.rows]) {
            row.copy_from_slice(&self.weight.values[index as usize * self.dim..][..self.dim]);
        }
    }

    fn backward(&mut self, _: &mut PackedA) {
        let rows = self.output.chunks_exact(self.dim);
        for (d, &index) in rows.zip(&self.indices[..self.rows]) {
            if self.padding != Some(index as usize) {
                let sums = &mut self.weight.gradients[index as usize * self.dim..][..self.dim];
                add(sums, d);
            }
        }
    }

    fn parameter(&mut self, index: usize) -> &mut Parameter {
        assert!(index == 0);
        &mut self.weight
    }

    fn changed(&mut self) {}

    fn version(&mut self) -> u32 {
        0 // its backward reads no weight
    }
}
