//! The memory of one forward.

use crate::buffer::{check_fits, grow, grow_all, product, request, sum, times, total};
use crate::gemm::whole_panels;
use crate::layout::Layout;
use crate::{Config, Error, Shape};
use alloc::vec::Vec;

/// A quarter of a usual L2 cache, which the pre-activations of one chunk of steps may fill.
const CHUNK_BYTES: usize = 256 << 10;

/// Buffers sized by [`crate::Stack::reserve`].
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
    /// (rows, D * H_out): what passes between two layers
    pub layer_io: [Vec<f32>; 2],
    /// See [`crate::direction::ForwardScratch`].
    pub pre_activations: Vec<f32>,
    pub running_c: Vec<f32>,
    pub m: Vec<f32>,
    pub product: Vec<f32>,
    pub chunk: usize,
    /// How many values all of this was last reserved for.
    pub len: u64,
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
        let (padded_hidden, row_len) = (config.padded_hidden_size(), config.row_len());
        let fitting = CHUNK_BYTES / size_of::<f32>() / times(row_len, batch).max(1);
        let chunk = chunk.unwrap_or(fitting).clamp(1, steps.max(1));

        let (states, h_size, c_size) = (layers * directions, config.h_size(), config.c_size());
        let output = product(rows, config.output_size());
        let [even, odd] = &mut self.layer_io;
        let buffers = &mut [
            (&mut self.input, product(rows, config.input_size())),
            (&mut self.output, output),
            (&mut self.h, product(states * h_size, batch)),
            (&mut self.c, product(states * c_size, batch)),
            (even, if layers > 1 { output } else { 0 }),
            (odd, if layers > 2 { output } else { 0 }),
            (&mut self.pre_activations, product(times(chunk, batch), row_len)),
            (&mut self.running_c, product(batch, config.padded_c_size())),
            (&mut self.m, product(batch, padded_hidden)),
            (&mut self.product, product(batch, whole_panels(config.proj_size()))),
        ];
        let all = sum(&[total(buffers), product(2, steps), 1]);
        request(all, || {
            // With the weights that it goes through, and their packed form.
            check_fits(sum(&[all, product(2, layout.len())]))?;
            grow_all(buffers)?;
            grow(&mut self.batch_sizes, steps)?;
            grow(&mut self.starts, steps + 1)
        })?;
        self.chunk = chunk;
        self.len = all;
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
