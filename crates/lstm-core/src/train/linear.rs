//! `nn.Linear`: `y = x Wᵀ + b`, forward and backward.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::buffer::{grow, product, request, sum, zeros};
use crate::gemm::{Lhs, PackedA, PackedB, Rows, accumulate, whole_panels};
use crate::simd::{Native, Vector};
use crate::weight_grad::{BLOCK, Columns, Inputs, accumulate_weight_grad, add};
use alloc::vec::Vec;

/// weight (outputs, inputs), bias (outputs), and the memory of one forward at a time.
#[derive(Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    weight: Parameter,
    bias: Option<Parameter>,
    /// The weight, a column for each output.
    packed: PackedB,
    stale: bool,
    version: u32,
    rows: usize,
    /// (rows, inputs)
    input: Vec<f32>,
    /// (rows, outputs), with room for whole panels: the output, then its gradient.
    output: Vec<f32>,
    training: Option<Training>,
}

/// What a backward needs.
#[derive(Debug)]
struct Training {
    /// The weight, a column for each input.
    transposed: PackedB,
    /// Up to [`BLOCK`] rows of the input.
    block: PackedB,
    /// (outputs, whole panels of inputs): one backward's gradient of the weight.
    weight_grad: Vec<f32>,
    /// (rows, inputs), with room for whole panels.
    d_input: Vec<f32>,
}

impl Linear {
    /// A layer with all parameters 0; both sizes are at least 1.
    pub fn new(inputs: usize, outputs: usize, bias: bool) -> Result<Self, Error> {
        let packed_len = PackedB::len_for(outputs, inputs);
        let (weight, bias, packed) =
            request(sum(&[product(inputs, outputs), if bias { outputs as u64 } else { 0 }, packed_len]), || {
                let bias = bias.then(|| Parameter::zeros(outputs)).transpose()?;
                Ok((Parameter::zeros(inputs * outputs)?, bias, PackedB::zeros(outputs, inputs)?))
            })?;
        Ok(Self {
            inputs,
            outputs,
            weight,
            bias,
            packed,
            stale: true,
            version: 0,
            rows: 0,
            input: Vec::new(),
            output: Vec::new(),
            training: None,
        })
    }

    /// The input of the next forward, (rows, inputs).
    pub fn input_mut(&mut self) -> &mut [f32] {
        &mut self.input[..self.rows * self.inputs]
    }

    /// The output of the last forward, before backward to be overwritten by its gradient, (rows, outputs).
    pub fn output_mut(&mut self) -> &mut [f32] {
        &mut self.output[..self.rows * self.outputs]
    }

    /// The gradient of the input, (rows, inputs); empty before the first reservation for training.
    pub fn d_input(&self) -> &[f32] {
        self.training.as_ref().map_or(&[], |training| &training.d_input[..self.rows * self.inputs])
    }

    fn refresh(&mut self) {
        if !self.stale {
            return;
        }
        let mut changed = false;
        for (output, row) in self.weight.values.chunks_exact(self.inputs).enumerate() {
            changed |= self.packed.set_column(output, row);
            if let Some(training) = &mut self.training {
                training.transposed.set_row(output, row);
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
        match &self.bias {
            Some(bias) => {
                out.chunks_exact_mut(row_len).for_each(|row| row[..self.outputs].copy_from_slice(&bias.values))
            }
            None => out.fill(0.0),
        }
        let rows = Lhs::Rows(Rows::dense(&self.input, self.inputs), 0);
        accumulate::<V>(out, row_len, None, rows, &self.packed, packed_a);
        close_up(out, row_len, self.outputs);
    }

    /// [`Layer::backward`] on any vector.
    pub fn backward_on<V: Vector>(&mut self, packed_a: &mut PackedA) {
        self.refresh();
        let Some(training) = &mut self.training else { return };
        let (inputs, outputs) = (self.inputs, self.outputs);
        let d_output = &self.output[..self.rows * outputs];

        if let Some(bias) = &mut self.bias {
            for d in d_output.chunks_exact(outputs) {
                add(&mut bias.gradients, d);
            }
        }

        let Training { transposed, block, weight_grad, d_input } = training;
        weight_grad.fill(0.0);
        let input = |row: usize| &self.input[row * inputs..][..inputs];
        let input = Inputs { len: inputs, row: &input };
        accumulate_weight_grad::<V>(weight_grad, Columns::all(d_output, outputs), input, block, packed_a);
        let rows = weight_grad.chunks_exact(whole_panels(inputs));
        for (sums, row) in self.weight.gradients.chunks_exact_mut(inputs).zip(rows) {
            add(sums, row);
        }

        let row_len = transposed.row_len();
        let d_input = &mut d_input[..self.rows * row_len];
        d_input.fill(0.0);
        let rows = Lhs::Rows(Rows::dense(d_output, outputs), 0);
        accumulate::<V>(d_input, row_len, None, rows, transposed, packed_a);
        close_up(d_input, row_len, inputs);
    }
}

impl Layer for Linear {
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let forward = [product(rows, inputs), product(rows, whole_panels(outputs))];
        let backward = [product(rows, whole_panels(inputs)), PackedB::len_for(inputs, rows.min(BLOCK))];
        // The gradients, and the weight and its gradient as backward has them.
        let first = [
            product(inputs, outputs),
            outputs as u64,
            PackedB::len_for(inputs, outputs),
            product(outputs, whole_panels(inputs)),
        ];
        let takes = |now: bool, values: &[u64]| if now { sum(values) } else { 0 };
        let begins = trains && self.training.is_none();
        self.rows = 0;
        request(sum(&[sum(&forward), takes(trains, &backward), takes(begins, &first)]), || {
            if begins {
                self.training = Some(Training {
                    transposed: PackedB::zeros(inputs, outputs)?,
                    block: PackedB::default(),
                    weight_grad: zeros(outputs * whole_panels(inputs))?,
                    d_input: Vec::new(),
                });
                self.stale = true;
            }
            if let (true, Some(training)) = (trains, &mut self.training) {
                self.weight.reserve_gradients()?;
                self.bias.as_mut().map_or(Ok(()), Parameter::reserve_gradients)?;
                grow(&mut training.d_input, backward[0] as usize)?;
                grow(training.block.memory(), backward[1] as usize)?;
            }
            grow(&mut self.input, forward[0] as usize)?;
            grow(&mut self.output, forward[1] as usize)
        })?;
        self.rows = rows;
        Ok(())
    }

    fn address(&mut self, buffer: Buffer) -> usize {
        let values = match (buffer, &self.training) {
            (Buffer::Input, _) => &self.input,
            (Buffer::InputGradient, Some(training)) => &training.d_input,
            _ => &self.output,
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
        match (index, &mut self.bias) {
            (1, Some(bias)) => bias,
            (0, _) => &mut self.weight,
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
