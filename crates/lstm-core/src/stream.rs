//! Step by step: the state stays here between calls, its weights in the [`Stack`].

use crate::buffer::{grow_all, product, request, total};
use crate::gemm::{PackedA, Rows, whole_panels};
use crate::simd::Native;
use crate::step::{Projection, copy_rows, input_sums, step};
use crate::{Call, Config, Error, Shape, Stack};
use alloc::vec::Vec;

/// The state of running, unidirectional layers and the memory of one step.
#[derive(Debug)]
pub struct Stream {
    config: Config,
    batch: usize,
    input: Vec<f32>,
    /// (layers, batch, H_out)
    h: Vec<f32>,
    /// (layers, batch, padded H), or nothing for a cell without c
    c: Vec<f32>,
    /// (layers, batch, H): c without its padding, see [`Stream::save_c`].
    plain_c: Vec<f32>,
    /// Of one layer.
    pre_activations: Vec<f32>,
    /// See [`Projection`].
    m: Vec<f32>,
    product: Vec<f32>,
}

impl Stream {
    /// `batch` streams side by side, all states 0. `config` must have one direction.
    pub fn new(config: Config, batch: usize) -> Result<Self, Error> {
        assert!(config.directions() == 1, "a stream cannot run backwards");
        let layers = config.num_layers();
        let mut stream = Self {
            config,
            batch,
            input: Vec::new(),
            h: Vec::new(),
            c: Vec::new(),
            plain_c: Vec::new(),
            pre_activations: Vec::new(),
            m: Vec::new(),
            product: Vec::new(),
        };
        let rows_of = |columns: usize| product(batch, columns);
        let buffers = &mut [
            (&mut stream.input, rows_of(config.input_size())),
            (&mut stream.h, rows_of(layers * config.h_size())),
            (&mut stream.c, rows_of(layers * config.padded_c_size())),
            (&mut stream.plain_c, rows_of(layers * config.c_size())),
            (&mut stream.pre_activations, rows_of(config.row_len())),
            (&mut stream.m, rows_of(config.padded_hidden_size())),
            (&mut stream.product, rows_of(whole_panels(config.proj_size()))),
        ];
        request(total(buffers), || grow_all(buffers))?;
        Ok(stream)
    }

    /// The input of the next step, (batch, I).
    pub fn input_mut(&mut self) -> &mut [f32] {
        &mut self.input
    }

    /// The output of the last step, (batch, H_out): h of the last layer.
    pub fn output(&self) -> &[f32] {
        &self.h[self.h.len() - self.batch * self.config.h_size()..]
    }

    /// h of each layer, (layers, batch, H_out).
    pub fn h_mut(&mut self) -> &mut [f32] {
        &mut self.h
    }

    /// c of each layer, (layers, batch, H), as of the last [`Stream::save_c`].
    pub fn plain_c_mut(&mut self) -> &mut [f32] {
        &mut self.plain_c
    }

    /// Brings [`Stream::plain_c_mut`] up to date.
    pub fn save_c(&mut self) {
        let (padded, columns) = (self.config.padded_c_size(), self.config.c_size());
        copy_rows(&self.c, padded, &mut self.plain_c, columns, columns);
    }

    /// Takes c from [`Stream::plain_c_mut`].
    pub fn load_c(&mut self) {
        let (padded, columns) = (self.config.padded_c_size(), self.config.c_size());
        copy_rows(&self.plain_c, columns, &mut self.c, padded, columns);
    }

    /// One step of every layer, with the present weights of `stack`. Never allocates.
    pub fn step(&mut self, stack: &mut Stack, packed_a: &mut PackedA) {
        let batch = self.batch;
        let (h_size, padded_c) = (self.config.h_size(), self.config.padded_c_size());
        for layer in 0..self.config.num_layers() {
            let weights = stack.weights(layer);
            let (below, h) = self.h.split_at_mut(layer * batch * h_size);
            let h = &mut h[..batch * h_size];
            let c = &mut self.c[layer * batch * padded_c..][..batch * padded_c];
            let x = if layer == 0 { &self.input[..] } else { &below[(layer - 1) * batch * h_size..] };
            let x = Rows::dense(x, weights.input_size());
            input_sums::<Native>(weights, x, 0, &mut self.pre_activations, packed_a);
            let mut projection = Projection { m: &mut self.m, product: &mut self.product };
            step::<Native>(weights, &mut self.pre_activations, h, c, &mut projection, packed_a);
        }
    }

    /// Makes room in `stack` for [`Stream::run`] over `steps` steps.
    pub fn reserve(&self, stack: &mut Stack, steps: usize) -> Result<(), Error> {
        stack.reserve(Shape::padded(steps, self.batch), None)
    }

    /// Runs the steps that [`Stream::reserve`] made room for and that lie in the input of `stack`, (steps, batch, I); its
    /// output then holds (steps, batch, H_out). Never allocates.
    pub fn run(&mut self, stack: &mut Stack, packed_a: &mut PackedA) -> Result<(), Error> {
        self.save_c();
        stack.h_mut().copy_from_slice(&self.h);
        stack.c_mut().copy_from_slice(&self.plain_c);
        stack.forward(Call::default(), packed_a)?;
        self.h.copy_from_slice(stack.h_mut());
        self.plain_c.copy_from_slice(stack.c_mut());
        self.load_c();
        Ok(())
    }
}
