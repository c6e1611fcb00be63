//! The memory of one forward.

use crate::layout::Layout;
use crate::memory::{check, grow, values};
use crate::{Config, Error, Shape};
use alloc::vec::Vec;

/// Half of a usual L2 cache, which the pre-activations of one chunk of steps may fill.
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

        let states = layers * directions;
        let input = values(&[rows, config.input_size()]);
        let output = values(&[rows, config.output_size()]);
        let h = values(&[states, batch, config.h_size()]);
        let c = values(&[states, batch, config.hidden_size()]);
        let pre = values(&[chunk, batch, 4 * units]);
        let running = values(&[batch, units]);
        let projected = values(&[batch, config.proj_size().next_multiple_of(8)]);
        let between = [(layers > 1) as u64 * output, (layers > 2) as u64 * output];
        let starts = values(&[steps.saturating_add(1), 3]);
        let weights = 2 * layout.len() as u64;
        let all = [weights, input, output, h, c, pre, running, running, projected, between[0], between[1], starts];
        check(all.into_iter().fold(0, u64::saturating_add))?;

        grow(&mut self.input, input as usize)?;
        grow(&mut self.output, output as usize)?;
        grow(&mut self.h, h as usize)?;
        grow(&mut self.c, c as usize)?;
        grow(&mut self.batch_sizes, steps)?;
        grow(&mut self.starts, steps + 1)?;
        grow(&mut self.between[0], between[0] as usize)?;
        grow(&mut self.between[1], between[1] as usize)?;
        grow(&mut self.pre, pre as usize)?;
        grow(&mut self.running_c, running as usize)?;
        grow(&mut self.full, running as usize)?;
        grow(&mut self.projected, projected as usize)?;
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
