//! `nn.Linear`: `y = x Wᵀ + b`, forward and backward.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::gemm::{Columns, Left, Rows, Tiles, accumulate, whole_panels};
use crate::memory::{grow, product, request, sum, zeros};
use crate::outer::{Outer, accumulate_outer, add};
use crate::simd::{Native, Vector};
use alloc::vec::Vec;

/// weight (outputs, inputs), bias (outputs), and the memory of one forward at a time.
#[derive(Debug)]
pub struct Linear {
    inputs: usize,
    outputs: usize,
    weight: Parameter,
    bias: Option<Parameter>,
    /// The weight, a column for each output.
    columns: Columns,
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
    columns: Columns,
    outer: Outer,
    /// (outputs, whole panels of inputs): one backward's gradient of the weight.
    weight: Vec<f32>,
    /// (rows, inputs), with room for whole panels.
    d_input: Vec<f32>,
}

impl Linear {
    /// A layer with all parameters 0; both sizes are at least 1.
    pub fn new(inputs: usize, outputs: usize, bias: bool) -> Result<Self, Error> {
        let packed = Columns::values(outputs, inputs);
        let (weight, bias, columns) =
            request(sum(&[product(inputs, outputs), if bias { outputs as u64 } else { 0 }, packed]), || {
                let bias = bias.then(|| Parameter::zeros(outputs)).transpose()?;
                Ok((Parameter::zeros(inputs * outputs)?, bias, Columns::zeros(outputs, inputs)?))
            })?;
        Ok(Self {
            inputs,
            outputs,
            weight,
            bias,
            columns,
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
            changed |= self.columns.set_column(output, 0, row);
            if let Some(training) = &mut self.training {
                training.columns.set_row(output, row);
            }
        }
        self.version = self.version.wrapping_add(u32::from(changed));
        self.stale = false;
    }

    /// [`Layer::forward`] on any vector: each output is one chain of sums, the bias first, then the inputs in order.
    pub fn forward_on<V: Vector>(&mut self, tiles: &mut Tiles) {
        self.refresh();
        let width = self.columns.width();
        let out = &mut self.output[..self.rows * width];
        match &self.bias {
            Some(bias) => out.chunks_exact_mut(width).for_each(|row| row[..self.outputs].copy_from_slice(&bias.values)),
            None => out.fill(0.0),
        }
        let rows = Left::Rows(Rows::dense(&self.input, self.inputs), 0);
        accumulate::<V>(out, None, rows, &self.columns, 0..self.inputs, tiles);
        close_up(out, width, self.outputs);
    }

    /// [`Layer::backward`] on any vector.
    pub fn backward_on<V: Vector>(&mut self, tiles: &mut Tiles) {
        self.refresh();
        let Some(training) = &mut self.training else { return };
        let (inputs, outputs) = (self.inputs, self.outputs);
        let d_output = &self.output[..self.rows * outputs];

        if let Some(bias) = &mut self.bias {
            for d in d_output.chunks_exact(outputs) {
                add(&mut bias.gradients, d);
            }
        }

        training.weight.fill(0.0);
        let input = |row: usize| &self.input[row * inputs..][..inputs];
        accumulate_outer::<V>(&mut training.weight, d_output, outputs, &input, inputs, &mut training.outer, tiles);
        let rows = training.weight.chunks_exact(whole_panels(inputs));
        for (sums, row) in self.weight.gradients.chunks_exact_mut(inputs).zip(rows) {
            add(sums, row);
        }

        let width = training.columns.width();
        let d_input = &mut training.d_input[..self.rows * width];
        d_input.fill(0.0);
        let rows = Left::Rows(Rows::dense(d_output, outputs), 0);
        accumulate::<V>(d_input, None, rows, &training.columns, 0..outputs, tiles);
        close_up(d_input, width, inputs);
    }
}

impl Layer for Linear {
    fn reserve(&mut self, rows: usize, trains: bool) -> Result<(), Error> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let forward = [product(rows, inputs), product(rows, whole_panels(outputs))];
        let backward = [product(rows, whole_panels(inputs)), Outer::values(inputs, rows)];
        // The gradients, and the weight and its gradient as backward has them.
        let first = [
            product(inputs, outputs),
            outputs as u64,
            Columns::values(inputs, outputs),
            product(outputs, whole_panels(inputs)),
        ];
        let takes = |now: bool, values: &[u64]| if now { sum(values) } else { 0 };
        let begins = trains && self.training.is_none();
        self.rows = 0;
        request(sum(&[sum(&forward), takes(trains, &backward), takes(begins, &first)]), || {
            if begins {
                self.training = Some(Training {
                    columns: Columns::zeros(inputs, outputs)?,
                    weight: zeros(outputs * whole_panels(inputs))?,
                    outer: Outer::default(),
                    d_input: Vec::new(),
                });
                self.stale = true;
            }
            if let (true, Some(training)) = (trains, &mut self.training) {
                self.weight.reserve_gradients()?;
                self.bias.as_mut().map_or(Ok(()), Parameter::reserve_gradients)?;
                grow(&mut training.d_input, backward[0] as usize)?;
                grow(training.outer.memory(), backward[1] as usize)?;
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

    fn forward(&mut self, tiles: &mut Tiles) {
        self.forward_on::<Native>(tiles);
    }

    fn backward(&mut self, tiles: &mut Tiles) {
        self.backward_on::<Native>(tiles);
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

/// Moves rows of `columns` values, `width` apart, together.
fn close_up(values: &mut [f32], width: usize, columns: usize) {
    if width == columns {
        return;
    }
    for row in 1..values.len() / width {
        values.copy_within(row * width..row * width + columns, row * columns);
    }
}
