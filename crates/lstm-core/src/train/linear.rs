//! `nn.Linear`: `y = x Wᵀ + b`, forward and backward.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::buffer::{grow_all, product, request, sum, total};
use crate::config::Weights;
use crate::gemm::{Lhs, PackedA, PackedB, Rows, accumulate, whole_panels};
use crate::simd::{Native, Vector};
use crate::weight_grad::{BLOCK, Columns, Inputs, accumulate_weight_grad, add};
use alloc::vec::Vec;

/// weight (outputs, inputs), bias (outputs), and the memory of one forward at a time.
#[derive(Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    /// Of no values in a layer with integers.
    weight: Parameter,
    /// Of no values in a layer without.
    bias: Parameter,
    /// The weight, a column for each output.
    packed: PackedB,
    /// The weight, a column for each input. This and what follows is empty before the first reservation for training, but for
    /// the input and the output.
    transposed: PackedB,
    stale: bool,
    version: u32,
    rows: usize,
    /// (rows, inputs)
    input: Vec<f32>,
    /// (rows, outputs), with room for whole panels: the output, then its gradient.
    output: Vec<f32>,
    /// Up to [`BLOCK`] rows of the input.
    block: PackedB,
    /// (outputs, whole panels of inputs): one backward's gradient of the weight.
    weight_grad: Vec<f32>,
    /// (rows, inputs), with room for whole panels.
    d_input: Vec<f32>,
}

impl Linear {
    /// A layer with all parameters 0; both sizes are at least 1. With a weight of integers, which [`Linear::packed_mut`] writes, it is
    /// not to be trained.
    pub fn new(inputs: usize, outputs: usize, bias: bool, weights: Weights) -> Result<Self, Error> {
        let bias_len = if bias { outputs } else { 0 };
        let weight_len = if weights == Weights::F32 { product(inputs, outputs) } else { 0 };
        request(sum(&[weight_len, bias_len as u64, PackedB::len_of(weights, outputs, inputs)]), || {
            Ok(Self {
                inputs,
                outputs,
                weight: Parameter::zeros(weight_len as usize)?,
                bias: Parameter::zeros(bias_len)?,
                packed: PackedB::of(weights, outputs, inputs)?,
                transposed: PackedB::default(),
                stale: true,
                version: 0,
                rows: 0,
                input: Vec::new(),
                output: Vec::new(),
                block: PackedB::default(),
                weight_grad: Vec::new(),
                d_input: Vec::new(),
            })
        })
    }

    /// The weight as forward multiplies with it, a column for each output.
    pub fn packed_mut(&mut self) -> &mut PackedB {
        &mut self.packed
    }

    /// The input of the next forward, (rows, inputs).
    pub fn input_mut(&mut self) -> &mut [f32] {
        &mut self.input[..self.rows * self.inputs]
    }

    /// The output of the last forward, before backward to be overwritten by its gradient, (rows, outputs).
    pub fn output_mut(&mut self) -> &mut [f32] {
        &mut self.output[..self.rows * self.outputs]
    }

    /// The gradient of the input, (rows, inputs), after a backward.
    pub fn d_input(&self) -> &[f32] {
        &self.d_input[..self.rows * self.inputs]
    }

    fn trains(&self) -> bool {
        self.transposed.depth() > 0
    }

    fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        let mut changed = false;
        for (output, row) in self.weight.values.chunks_exact(self.inputs).enumerate() {
            changed |= self.packed.set_column(output, row);
            if self.trains() {
                self.transposed.set_row(output, row);
            }
        }
        self.version = self.version.wrapping_add(u32::from(changed));
        self.stale = false;
    }

    /// [`Layer::forward`] on any vector: each output is one chain of sums, the bias first, then the inputs in order.
    pub fn forward_on<V: Vector>(&mut self, packed_a: &mut PackedA) {
        self.refresh();
        let row_len = self.packed.row_len();
        let out = &mut self.output[..self.rows * row_len];
        out.fill(0.0);
        for row in out.chunks_exact_mut(row_len) {
            row[..self.bias.values.len()].copy_from_slice(&self.bias.values);
        }
        let rows = Lhs::Rows(Rows::dense(&self.input, self.inputs), 0);
        accumulate::<V>(out, row_len, None, rows, &self.packed, packed_a);
        close_up(out, row_len, self.outputs);
    }

    /// [`Layer::backward`] on any vector.
    pub fn backward_on<V: Vector>(&mut self, packed_a: &mut PackedA) {
        if !self.trains() {
            return;
        }
        self.refresh();
        let (inputs, outputs) = (self.inputs, self.outputs);
        let d_output = &self.output[..self.rows * outputs];
        for d in d_output.chunks_exact(outputs) {
            add(&mut self.bias.gradients, d);
        }

        let weight_grad = &mut self.weight_grad[..];
        weight_grad.fill(0.0);
        let input = |row: usize| &self.input[row * inputs..][..inputs];
        let input = Inputs { len: inputs, row: &input };
        accumulate_weight_grad::<V>(weight_grad, Columns::all(d_output, outputs), input, &mut self.block, packed_a);
        let rows = weight_grad.chunks_exact(whole_panels(inputs));
        for (sums, row) in self.weight.gradients.chunks_exact_mut(inputs).zip(rows) {
            add(sums, row);
        }

        let row_len = self.transposed.row_len();
        let d_input = &mut self.d_input[..self.rows * row_len];
        d_input.fill(0.0);
        let rows = Lhs::Rows(Rows::dense(d_output, outputs), 0);
        accumulate::<V>(d_input, row_len, None, rows, &self.transposed, packed_a);
        close_up(d_input, row_len, inputs);
    }
}

impl Layer for Linear {
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let begins = trains && !self.trains();
        let first = |len: u64| if begins { len } else { 0 };
        let backward = |len: u64| if trains { len } else { 0 };
        let buffers = &mut [
            (&mut self.weight.gradients, first(product(inputs, outputs))),
            (&mut self.bias.gradients, first(self.bias.values.len() as u64)),
            (self.transposed.memory(), first(PackedB::len_for(inputs, outputs))),
            (&mut self.weight_grad, first(product(outputs, whole_panels(inputs)))),
            (&mut self.d_input, backward(product(rows, whole_panels(inputs)))),
            (self.block.memory(), backward(PackedB::len_for(inputs, rows.min(BLOCK)))),
            (&mut self.input, product(rows, inputs)),
            (&mut self.output, product(rows, whole_panels(outputs))),
        ];
        self.rows = 0;
        request(total(buffers), || grow_all(buffers))?;
        self.rows = rows;
        if begins {
            self.transposed.reshape(inputs, outputs);
            self.stale = true;
        }
        Ok(())
    }

    fn address(&mut self, buffer: Buffer) -> usize {
        let values = match buffer {
            Buffer::Input => &self.input,
            Buffer::Output => &self.output,
            Buffer::InputGradient => &self.d_input,
        };
        values.as_ptr().addr()
    }

    fn forward(&mut self, packed_a: &mut PackedA) {
        self.forward_on::<Native>(packed_a);
    }

    fn backward(&mut self, packed_a: &mut PackedA) {
        self.backward_on::<Native>(packed_a);
    }

    fn parameter(&mut self, index: usize) -> &mut Parameter {
        match index {
            0 => &mut self.weight,
            1 => &mut self.bias,
            _ => panic!("no such parameter"),
        }
    }

    fn changed(&mut self) {
        self.stale = true;
    }

    fn version(&mut self) -> u32 {
        self.refresh();
        self.version
    }
}

/// Moves rows of `columns` values, `row_len` apart, together.
fn close_up(values: &mut [f32], row_len: usize, columns: usize) {
    if row_len == columns {
        return;
    }
    for row in 1..values.len() / row_len {
        values.copy_within(row * row_len..row * row_len + columns, row * columns);
    }
}
