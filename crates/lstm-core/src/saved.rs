//! What training forwards save, each until its backward.

use crate::buffer::{grow, grow_all, product, sum, times, total};
use crate::direction::Saved;
use crate::{Call, Config, Error, Shape};
use alloc::vec::Vec;

/// All that backward reads of one training forward.
#[derive(Debug, Default)]
pub struct SavedForward {
    /// The size of the forward.
    pub shape: Shape,
    /// How it was called.
    pub call: Call,
    /// [`crate::Stack::version`] of the parameters that it ran with.
    pub version: u32,
    /// First row of each step, (steps + 1).
    pub starts: Vec<usize>,
    /// (rows, I), as the caller laid it.
    pub input: Vec<f32>,
    /// (layers * D, batch, H_out)
    pub h0: Vec<f32>,
    /// (layers * D, batch, H), or nothing for a cell without c
    pub c0: Vec<f32>,
    /// Of each layer (rows, D * H_out), before dropout.
    outputs: Vec<f32>,
    /// Of each direction of each layer, as [`Saved`] tells.
    gates: Vec<f32>,
    c: Vec<f32>,
    checkpoints: Vec<f32>,
    /// Steps between two checkpoints, or none for all gates.
    checkpoint_every: Option<usize>,
    /// How many values all of this takes.
    len: u64,
}

impl SavedForward {
    /// Takes the shape of the next forward. Returns how many values that takes; [`SavedForward::grow`] makes room for them.
    pub fn reshape(&mut self, config: &Config, shape: Shape, checkpoint_every: Option<usize>) -> u64 {
        if checkpoint_every.is_some() != self.checkpoint_every.is_some() {
            *self = Self::default();
        }
        (self.shape, self.checkpoint_every) = (shape, checkpoint_every);
        self.len = sum(&[total(&self.buffers(config)), product(2, shape.steps), 1]);
        self.len
    }

    /// Makes room for what [`SavedForward::reshape`] told.
    pub fn grow(&mut self, config: &Config) -> Result<(), Error> {
        grow_all(&mut self.buffers(config))?;
        let steps = self.shape.steps;
        grow(&mut self.starts, steps + 1)
    }

    /// Each buffer and how many values it needs.
    fn buffers(&mut self, config: &Config) -> [(&mut Vec<f32>, u64); 7] {
        let Shape { batch, rows, .. } = self.shape;
        let (c_size, padded_c) = (config.c_size(), config.padded_c_size());
        let layers = config.num_layers();
        let states = layers * config.directions();
        let (gate_rows, checkpoints) = (self.gate_rows(), self.checkpoint_count());
        [
            (&mut self.input, product(rows, config.input_size())),
            (&mut self.h0, product(states * config.h_size(), batch)),
            (&mut self.c0, product(states * c_size, batch)),
            (&mut self.outputs, product(rows, layers * config.output_size())),
            (&mut self.gates, product(gate_rows, states * config.row_len())),
            (&mut self.c, product(gate_rows, states * padded_c)),
            (&mut self.checkpoints, product(times(checkpoints, batch), states * padded_c)),
        ]
    }

    /// Rows whose gates are saved: all, or with checkpoints none.
    fn gate_rows(&self) -> usize {
        if self.checkpoint_every.is_some() { 0 } else { self.shape.rows }
    }

    fn checkpoint_count(&self) -> usize {
        self.checkpoint_every.map_or(0, |every| self.shape.steps.div_ceil(every))
    }

    /// What is saved of one direction of one layer.
    pub fn direction(&mut self, config: &Config, layer: usize, direction: usize) -> Saved<'_> {
        let Shape { steps, batch, rows } = self.shape;
        let index = layer * config.directions() + direction;
        let (gate_rows, checkpoints) = (self.gate_rows(), self.checkpoint_count());
        let h_len = batch * config.h_size();
        let c0_len = batch * config.c_size();
        let output_len = rows * config.output_size();
        let gates_len = gate_rows * config.row_len();
        let c_len = gate_rows * config.padded_c_size();
        let checkpoints_len = checkpoints * batch * config.padded_c_size();
        Saved {
            h0: &self.h0[index * h_len..][..h_len],
            c0: &self.c0[index * c0_len..][..c0_len],
            output: &mut self.outputs[layer * output_len..][..output_len],
            gates: &mut self.gates[index * gates_len..][..gates_len],
            c: &mut self.c[index * c_len..][..c_len],
            checkpoints: &mut self.checkpoints[index * checkpoints_len..][..checkpoints_len],
            checkpoint_every: self.checkpoint_every.unwrap_or(steps),
        }
    }

    /// The output of a layer, (rows, D * H_out), before dropout.
    pub fn output(&self, config: &Config, layer: usize) -> &[f32] {
        let len = self.shape.rows * config.output_size();
        &self.outputs[layer * len..][..len]
    }
}

/// Forwards that wait for their backward, the oldest first.
#[derive(Debug, Default)]
pub struct Waiting {
    forwards: Vec<SavedForward>,
    /// How many values all of them take.
    len: u64,
}

impl Waiting {
    /// Adds the last forward, for which [`Waiting::reserve`] made room.
    pub fn push(&mut self, saved: SavedForward) {
        self.len += saved.len;
        self.forwards.push(saved);
    }

    /// The last forward, which waits no longer.
    pub fn pop(&mut self) -> Option<SavedForward> {
        let saved = self.forwards.pop()?;
        self.len -= saved.len;
        Some(saved)
    }

    /// Forward `index`, the oldest being 0, which waits no longer; refused if it ran with another version of the parameters.
    pub fn take(&mut self, index: usize, version: u32) -> Result<SavedForward, Error> {
        match self.forwards.get(index) {
            None => Err(Error::NoForward),
            Some(saved) if saved.version != version => Err(Error::StaleForward),
            Some(saved) => {
                self.len -= saved.len;
                Ok(self.forwards.remove(index))
            }
        }
    }

    /// The last forward, while it waits.
    pub fn last_mut(&mut self) -> Option<&mut SavedForward> {
        self.forwards.last_mut()
    }

    /// Makes room for one forward more here, and in `others` for all of these and one, so that moving them never allocates.
    pub fn reserve(&mut self, others: &mut Vec<SavedForward>) -> Result<(), Error> {
        let refused = |_| Error::OutOfMemory { bytes: 0 };
        self.forwards.try_reserve(1).map_err(refused)?;
        others.try_reserve(self.forwards.len() + 2).map_err(refused)
    }

    /// How many values all forwards take that wait.
    pub fn total_len(&self) -> u64 {
        self.len
    }
}
