//! An LSTM step by step: its state stays here between calls, its weights in the [`Lstm`].

use crate::cell::{Detour, copy_rows, step};
use crate::gemm::{Rows, Tiles, whole_panels};
use crate::layer::input_sums;
use crate::memory::{grow_all, product, request, total};
use crate::simd::Native;
use crate::{Call, Config, Error, Lstm, Shape};
use alloc::vec::Vec;

/// The state of a running, unidirectional LSTM and the memory of one step.
#[derive(Debug)]
pub struct Stream {
    config: Config,
    batch: usize,
    input: Vec<f32>,
    /// (layers, batch, H_out)
    h: Vec<f32>,
    /// (layers, batch, padded H)
    c: Vec<f32>,
    /// (layers, batch, H): `c` as others see it, see [`Stream::save_c`].
    plain_c: Vec<f32>,
    pre: Vec<f32>,
    full: Vec<f32>,
    projected: Vec<f32>,
}

impl Stream {
    /// `batch` streams side by side, all states 0. `config` must have one direction.
    pub fn new(config: Config, batch: usize) -> Result<Self, Error> {
        assert!(config.directions() == 1, "a stream cannot run backwards");
        let (layers, units) = (config.num_layers(), config.padded_hidden_size());
        let mut stream = Self {
            config,
            batch,
            input: Vec::new(),
            h: Vec::new(),
            c: Vec::new(),
            plain_c: Vec::new(),
            pre: Vec::new(),
            full: Vec::new(),
            projected: Vec::new(),
        };
        let rows_of = |columns: usize| product(batch, columns);
        let buffers = &mut [
            (&mut stream.input, rows_of(config.input_size())),
            (&mut stream.h, rows_of(layers * config.h_size())),
            (&mut stream.c, rows_of(layers * units)),
            (&mut stream.plain_c, rows_of(layers * config.hidden_size())),
            (&mut stream.pre, rows_of(4 * units)),
            (&mut stream.full, rows_of(units)),
            (&mut stream.projected, rows_of(whole_panels(config.proj_size()))),
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
        let (units, hidden) = (self.config.padded_hidden_size(), self.config.hidden_size());
        copy_rows(&self.c, units, &mut self.plain_c, hidden, hidden);
    }

    /// Takes c from [`Stream::plain_c_mut`].
    pub fn load_c(&mut self) {
        let (units, hidden) = (self.config.padded_hidden_size(), self.config.hidden_size());
        copy_rows(&self.plain_c, hidden, &mut self.c, units, hidden);
    }

    /// One step of every layer, with the present weights of `lstm`. Never allocates.
    pub fn step(&mut self, lstm: &mut Lstm, tiles: &mut Tiles) {
        let batch = self.batch;
        let (hidden, h_size, units) =
            (self.config.hidden_size(), self.config.h_size(), self.config.padded_hidden_size());
        for layer in 0..self.config.num_layers() {
            let packed = lstm.packed(layer);
            let (below, h) = self.h.split_at_mut(layer * batch * h_size);
            let h = &mut h[..batch * h_size];
            let c = &mut self.c[layer * batch * units..][..batch * units];
            let x = if layer == 0 { &self.input[..] } else { &below[(layer - 1) * batch * h_size..] };
            input_sums::<Native>(packed, Rows::dense(x, packed.inputs()), 0, &mut self.pre, tiles);
            let mut detour = Detour { full: &mut self.full, projected: &mut self.projected };
            step::<Native>(packed, hidden, &mut self.pre, h, c, &mut detour, tiles);
        }
    }

    /// Makes room in `lstm` for [`Stream::run`] over `steps` steps.
    pub fn reserve(&self, lstm: &mut Lstm, steps: usize) -> Result<(), Error> {
        lstm.reserve(Shape::padded(steps, self.batch), None)
    }

    /// Runs the steps that [`Stream::reserve`] made room for and that lie in the input of `lstm`, (steps, batch, I); its
    /// output then holds (steps, batch, H_out). Never allocates.
    pub fn run(&mut self, lstm: &mut Lstm, tiles: &mut Tiles) -> Result<(), Error> {
        self.save_c();
        lstm.h_mut().copy_from_slice(&self.h);
        lstm.c_mut().copy_from_slice(&self.plain_c);
        lstm.forward(Call::default(), tiles)?;
        self.h.copy_from_slice(lstm.h_mut());
        self.plain_c.copy_from_slice(lstm.c_mut());
        self.load_c();
        Ok(())
    }
}
