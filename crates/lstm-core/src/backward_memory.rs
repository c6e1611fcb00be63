//! The memory of training: gradients, the forwards that wait, and the buffers of a backward.

use crate::buffer::{check_fits, grow_all, product, request, sum, times, total, try_collect, zeros};
use crate::config::Weights;
use crate::direction::BackwardScratch;
use crate::gemm::{PackedB, whole_panels};
use crate::layout::{Layout, column};
use crate::packed_weights::TransposedWeights;
use crate::saved::{SavedForward, Waiting};
use crate::weight_grad::BLOCK;
use crate::{Call, Config, Error, Shape};
use alloc::vec::Vec;

/// What [`BackwardMemory::trace`] can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traced {
    /// A slot by its number in [`crate::cell::Cell::places`].
    Gate(usize),
    /// c(t)
    C,
    /// h(t)
    H,
}

/// What a stack holds from its first training forward on.
#[derive(Debug)]
pub struct BackwardMemory {
    /// As [`Layout`] places the parameters.
    pub(crate) gradients: Vec<f32>,
    /// One for each direction of each layer.
    pub(crate) transposed: Vec<TransposedWeights>,
    /// Whether parameters may have been written since they were transposed.
    pub(crate) stale: bool,
    pub(crate) waiting: Waiting,
    /// Memory of former forwards; the next one writes the last of them.
    pub(crate) spare: Vec<SavedForward>,
    /// The gradients of the output, (rows, D * H_out), and of the input, (rows, I), as the caller lays them.
    pub(crate) d_output: Vec<f32>,
    pub(crate) d_input: Vec<f32>,
    /// The gradients of the states, (layers * D, batch, H_out) and (layers * D, batch, H).
    pub(crate) d_h: Vec<f32>,
    pub(crate) d_c: Vec<f32>,
    /// (rows, D * H_out): the gradients of what passes between two layers.
    pub(crate) d_layer_io: [Vec<f32>; 2],
    /// (rows, D * H_out): the output of the layer below after dropout.
    pub(crate) dropped: Vec<f32>,
    pub(crate) scratch: BackwardScratch,
    /// (rows, the wider of H and H_out), see [`BackwardMemory::trace`].
    traced: Vec<f32>,
    /// The norms of dL/dh(t) and dL/dc(t) at each row, (layers * D, 2, rows), of the last backward, and the
    /// shape of that.
    pub(crate) norms: Vec<f32>,
    pub(crate) norms_of: (Shape, Call),
}

impl BackwardMemory {
    /// Gradients of 0 and no forward.
    pub fn new(config: &Config, layout: &Layout) -> Result<Self, Error> {
        let directions = config.directions();
        // Integers are not gone back through: their gates are only shown.
        let count = if config.weights() == Weights::F32 { config.num_layers() * directions } else { 0 };
        let transposed_len = if count > 0 { TransposedWeights::len_for(config) } else { 0 };
        let (gradients, transposed) = request(sum(&[layout.len() as u64, transposed_len]), || {
            let transposed = try_collect(count, |index| TransposedWeights::new(config, index / directions))?;
            Ok((zeros(layout.len())?, transposed))
        })?;
        Ok(Self {
            gradients,
            transposed,
            stale: true,
            waiting: Waiting::default(),
            spare: Vec::new(),
            d_output: Vec::new(),
            d_input: Vec::new(),
            d_h: Vec::new(),
            d_c: Vec::new(),
            d_layer_io: Default::default(),
            dropped: Vec::new(),
            scratch: BackwardScratch::default(),
            traced: Vec::new(),
            norms: Vec::new(),
            norms_of: Default::default(),
        })
    }

    /// Makes room for a forward of `shape` and for its backward. With `checkpoint_every`, the backward computes the gates of so
    /// many steps at a time again.
    pub fn reserve(
        &mut self,
        config: &Config,
        layout: &Layout,
        shape: Shape,
        checkpoint_every: Option<usize>,
    ) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        // One segment of all steps would take as much memory as all gates do.
        let checkpoint_every = checkpoint_every.filter(|&every| every < steps);
        let recomputed = checkpoint_every.map_or(0, |every| rows.min(times(every, batch)));
        let segment = if checkpoint_every.is_some() { recomputed } else { rows };

        let (hidden, h_size, padded_hidden) = (config.hidden_size(), config.h_size(), config.padded_hidden_size());
        let (c_size, padded_c) = (config.c_size(), config.padded_c_size());
        let padded_h_before = if config.cell().reads_h() { padded_hidden } else { 0 };
        let projected = if config.proj_size() > 0 { segment } else { 0 };
        let (layers, input, output) = (config.num_layers(), config.input_size(), config.output_size());
        let states = layers * config.directions();
        let widest = input.max(output).max(hidden);
        let layer_io = if layers > 1 { product(rows, output) } else { 0 };
        let mut saved = self.spare.pop().unwrap_or_default();
        let saved_len = saved.reshape(config, shape, checkpoint_every);
        let Self { scratch, d_layer_io: [even, odd], waiting, spare, .. } = self;
        let buffers = &mut [
            (&mut self.traced, product(rows, hidden.max(h_size))),
            (&mut self.norms, product(rows, 2 * states)),
            (&mut self.d_output, product(rows, output)),
            (&mut self.d_input, product(rows, input)),
            (&mut self.d_h, product(states * h_size, batch)),
            (&mut self.d_c, product(states * c_size, batch)),
            (even, layer_io),
            (odd, layer_io),
            (&mut self.dropped, layer_io),
            (&mut scratch.c_before, product(batch, padded_c)),
            (&mut scratch.d_c, product(batch, padded_c)),
            (&mut scratch.padded_h_before, product(batch, padded_h_before)),
            (&mut scratch.running_d_h, product(batch, whole_panels(h_size))),
            (&mut scratch.d_h, product(projected, config.proj_size())),
            (&mut scratch.h_before, product(recomputed, h_size)),
            (&mut scratch.m, product(projected.max(batch), padded_hidden)),
            (&mut scratch.gates, product(recomputed, config.row_len())),
            (&mut scratch.c, product(recomputed, padded_c)),
            (&mut scratch.product, product(segment.min(BLOCK), whole_panels(widest))),
            (&mut scratch.weight_grad, product(config.row_len(), whole_panels(widest))),
            (scratch.block.memory(), PackedB::len_for(widest, segment.min(BLOCK))),
        ];
        let all = sum(&[total(buffers), saved_len]);
        request(all, || {
            // With what holds its memory already.
            check_fits(sum(&[all, waiting.total_len(), product(3, layout.len())]))?;
            saved.grow(config)?;
            grow_all(buffers)?;
            waiting.reserve(spare)
        })?;
        spare.push(saved);
        Ok(())
    }

    /// The gradients of all parameters, as [`Layout`] places them.
    pub fn gradients_mut(&mut self) -> &mut [f32] {
        &mut self.gradients
    }

    /// Of the output of the forward to go back through, as its rows lay.
    pub fn d_output_mut(&mut self) -> &mut [f32] {
        &mut self.d_output
    }

    /// Of its input, after backward.
    pub fn d_input(&self) -> &[f32] {
        &self.d_input
    }

    /// Of h_n before and of h0 after backward.
    pub fn d_h_mut(&mut self) -> &mut [f32] {
        &mut self.d_h
    }

    /// Of c_n before and of c0 after backward.
    pub fn d_c_mut(&mut self) -> &mut [f32] {
        &mut self.d_c
    }

    /// What the last forward saved of one direction of one layer, row by row in the caller's order: a gate or c, (rows,
    /// H), or h(t), (rows, H_out). Empty without such a forward.
    pub fn trace(&mut self, config: &Config, layer: usize, direction: usize, what: Traced) -> &[f32] {
        let Self { waiting, traced, .. } = self;
        let Some(forward) = waiting.last_mut() else { return &[] };
        let (rows, h_size) = (forward.shape.rows, config.h_size());
        let (cell, padded_hidden) = (config.cell(), config.padded_hidden_size());
        let columns = if what == Traced::H { h_size } else { config.hidden_size() };
        let at = forward.call.row_map(forward.shape, columns);
        let saved = forward.direction(config, layer, direction);
        let (values, row_len) = match what {
            Traced::Gate(_) => (saved.gates, config.row_len()),
            Traced::C => (saved.c, config.padded_c_size()),
            Traced::H => (saved.output, config.output_size()),
        };
        for (row, values) in values.chunks_exact(row_len).enumerate() {
            for (index, target) in traced[at.start(row)..][..columns].iter_mut().enumerate() {
                *target = values[match what {
                    Traced::Gate(slot) => column(cell, padded_hidden, cell.places()[slot], index),
                    Traced::C => index,
                    Traced::H => direction * h_size + index,
                }];
            }
        }
        &traced[..rows * columns]
    }

    /// The norm of dL/dh(t), or with `of_c` of dL/dc(t), at every row of the last backward in the caller's order, (rows).
    pub fn norms(&mut self, config: &Config, layer: usize, direction: usize, of_c: bool) -> &[f32] {
        let (shape, call) = self.norms_of;
        let at = call.row_map(shape, 1);
        let first = ((layer * config.directions() + direction) * 2 + usize::from(of_c)) * shape.rows;
        for (row, &norm) in self.norms[first..first + shape.rows].iter().enumerate() {
            self.traced[at.start(row)] = norm;
        }
        &self.traced[..shape.rows]
    }

    /// Sets the gradients of all parameters to 0.
    pub fn zero_gradients(&mut self) {
        self.gradients.fill(0.0);
    }

    /// Gives up on so many forwards that wait for their backward, the last ones, or on all if there are fewer; their memory is
    /// used again.
    pub fn discard(&mut self, count: usize) {
        for _ in 0..count {
            let Some(saved) = self.waiting.pop() else { return };
            self.spare.push(saved);
        }
    }
}
