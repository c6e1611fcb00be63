//! The memory of one forward.

use crate::gemm::whole_panels;
use crate::layout::Layout;
use crate::memory::{grow, reserve};
use crate::{Config, Error, Shape};
use alloc::vec::Vec;

/// A quarter of a usual L2 cache, which the pre-activations of one chunk of steps may fill.
const CHUNK_BYTES: usize = 256 << 10;

/// Buffers sized by [`crate::Lstm::reserve`].
#[derive(Debug, Default)]
pub struct Workspace {
    /// (rows, I) and (rows, D * H_out)
    pub input: Vec<f32>,
    pub output: Vec<f32>,
    /// (layers * D, batch, H_out) and (layers * D, batch, H)
    pub h: Vec<f32>,
    pub c: Vec<f32>,
    /// (steps), of a packed call
    pub batch_sizes: Vec<u32>,
    /// (steps + 1): the first row of each step
    pub starts: Vec<usize>,
    /// (rows, D * H_out): outputs of lower layers
    pub between: [Vec<f32>; 2],
    /// See [`crate::layer::Scratch`].
    pub pre: Vec<f32>,
    pub running_c: Vec<f32>,
    pub full: Vec<f32>,
    pub projected: Vec<f32>,
    pub chunk: usize,
}

impl Workspace {
    /// Makes room for a forward of `shape`, in chunks of so many steps or of as many as fit in the cache.
    pub fn reserve(
        &mut self,
        config: &Config,
        layout: &Layout,
        shape: Shape,
        chunk: Option<usize>,
    ) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        let (directions, layers) = (config.directions(), config.num_layers());
        let units = config.padded_hidden_size();
        let fitting = (CHUNK_BYTES / 16) / units.saturating_mul(batch).max(1);
        let chunk = chunk.unwrap_or(fitting).clamp(1, steps.max(1));

        let [states, rows, batch, chunk_steps, units] =
            [layers * directions, rows, batch, chunk, units].map(|size| size as f64);
        let (h_size, hidden) = (config.h_size() as f64, config.hidden_size() as f64);
        let output = rows * config.output_size() as f64;
        let [even, odd] = &mut self.between;
        let buffers = &mut [
            (&mut self.input, rows * config.input_size() as f64),
            (&mut self.output, output),
            (&mut self.h, states * batch * h_size),
            (&mut self.c, states * batch * hidden),
            (even, if layers > 1 { output } else { 0.0 }),
            (odd, if layers > 2 { output } else { 0.0 }),
            (&mut self.pre, chunk_steps * batch * 4.0 * units),
            (&mut self.running_c, batch * units),
            (&mut self.full, batch * units),
            (&mut self.projected, batch * whole_panels(config.proj_size()) as f64),
        ];
        reserve(buffers, 2.0 * layout.len() as f64 + 3.0 * (steps as f64 + 1.0))?;
        grow(&mut self.batch_sizes, steps)?;
        grow(&mut self.starts, steps + 1)?;
        self.chunk = chunk;
        Ok(())
    }

    /// Fills `starts`; refuses batch sizes that do not fit `shape`.
    pub fn place_steps(&mut self, shape: Shape, packed: bool) -> Result<(), Error> {
        let Shape { steps, batch, rows } = shape;
        let starts = &mut self.starts[..steps + 1];
        if !packed {
            for (t, start) in starts.iter_mut().enumerate() {
                *start = t * batch;
            }
            return Ok(());
        }
        let (mut row, mut running) = (0, batch);
        for (&size, start) in self.batch_sizes[..steps].iter().zip(starts.iter_mut()) {
            let size = size as usize;
            if size == 0 || size > running {
                return Err(Error::BatchSizes);
            }
            *start = row;
            (row, running) = (row + size, size);
        }
        starts[steps] = row;
        if row == rows { Ok(()) } else { Err(Error::BatchSizes) }
    }
}
