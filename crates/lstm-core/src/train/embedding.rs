//! `nn.Embedding`: a row of the weight for each index.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::buffer::{grow, product, request, sum};
use crate::gemm::PackedA;
use crate::weight_grad::add;
use alloc::vec::Vec;

/// weight (count, width), and the memory of one forward at a time.
#[derive(Debug)]
pub struct Embedding {
    width: usize,
    /// The row that gets no gradient.
    padding: Option<usize>,
    weight: Parameter,
    rows: usize,
    /// (rows), each below `count`
    indices: Vec<u32>,
    /// (rows, width): the output, then its gradient.
    output: Vec<f32>,
}

impl Embedding {
    /// `count` rows of `width` zeros.
    pub fn new(count: usize, width: usize, padding: Option<usize>) -> Result<Self, Error> {
        let weight = request(product(count, width), || Parameter::zeros(count * width))?;
        Ok(Self { width, padding, weight, rows: 0, indices: Vec::new(), output: Vec::new() })
    }

    /// The indices of the next forward.
    pub fn indices_mut(&mut self) -> &mut [u32] {
        &mut self.indices[..self.rows]
    }

    /// The output of the last forward, before backward to be overwritten by its gradient.
    pub fn output_mut(&mut self) -> &mut [f32] {
        &mut self.output[..self.rows * self.width]
    }
}

impl Layer for Embedding {
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error> {
        let begins = trains && self.weight.gradients.is_empty();
        let gradients = if begins { self.weight.values.len() as u64 } else { 0 };
        self.rows = 0;
        request(sum(&[product(rows, self.width), rows as u64, gradients]), || {
            if trains {
                self.weight.reserve_gradients()?;
            }
            grow(&mut self.indices, rows)?;
            grow(&mut self.output, rows * self.width)
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
        let rows = self.output.chunks_exact_mut(self.width);
        for (row, &index) in rows.zip(&self.indices[..self.rows]) {
            row.copy_from_slice(&self.weight.values[index as usize * self.width..][..self.width]);
        }
    }

    fn backward(&mut self, _: &mut PackedA) {
        let rows = self.output.chunks_exact(self.width);
        for (d, &index) in rows.zip(&self.indices[..self.rows]) {
            if self.padding != Some(index as usize) {
                let sums = &mut self.weight.gradients[index as usize * self.width..][..self.width];
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
