//! Backward through all layers, from the last to the first.

use super::{Stack, copy_start, part, place};
use crate::direction::{Direction, Grads, Norms, State, Steps};
use crate::gemm::{PackedA, Rows};
use crate::saved::SavedForward;
use crate::simd::Native;
use crate::{Error, Shape};
use core::mem::swap;

impl Stack {
    /// The mirror of [`Stack::forward`]: goes back through training forward `index` of those that wait for it, the oldest
    /// being 0, from the gradients of its output, h_n and c_n in the backward memory to those of its input, h0 and c0
    /// there, and adds to the gradients of the parameters. Never allocates.
    ///
    /// Fails with [`Error::NoForward`] if there is none, and with [`Error::StaleForward`] if the parameters have changed
    /// since; the forward then waits on.
    pub fn backward(&mut self, index: usize, packed_a: &mut PackedA) -> Result<(), Error> {
        let version = self.version();
        let Self { config, layout, parameters, backward_memory, .. } = self;
        let directions = config.directions();
        let memory = backward_memory.as_mut().ok_or(Error::NoForward)?;
        let mut saved = memory.waiting.take(index, version)?;
        if memory.stale {
            for (index, transposed) in memory.transposed.iter_mut().enumerate() {
                transposed.update(config, layout.of(config, index / directions, index % directions), parameters);
            }
            memory.stale = false;
        }
        if saved.shape.rows > 0 {
            self.run_layers_backward(&mut saved, packed_a);
        } // else the gradients of the states pass through
        if let Some(memory) = &mut self.backward_memory {
            memory.norms_of = (saved.shape, saved.call);
            memory.spare.push(saved);
        }
        Ok(())
    }

    fn run_layers_backward(&mut self, saved: &mut SavedForward, packed_a: &mut PackedA) {
        let Self { config, layout, weights, backward_memory, .. } = self;
        let Some(memory) = backward_memory else { return };
        let (shape, call) = (saved.shape, saved.call);
        let Shape { steps, batch, rows } = shape;
        let (directions, layers, columns) = (config.directions(), config.num_layers(), config.output_size());
        let starts = core::mem::take(&mut saved.starts);
        let x = core::mem::take(&mut saved.input);
        let [even, odd] = &mut memory.d_layer_io;
        let (mut above, mut below) = (&mut even[..], &mut odd[..]);
        for layer in (0..layers).rev() {
            let row_len = config.layer_input_size(layer);
            let input = if layer == 0 {
                Rows { values: &x, row_len, at: call.row_map(shape, row_len) }
            } else {
                copy_start(saved.output(config, layer - 1), &mut memory.dropped, rows * columns);
                call.drop_out(&mut memory.dropped[..rows * columns], config, layer - 1);
                Rows::dense(&memory.dropped, row_len)
            };
            let d_output = if layer + 1 == layers { &memory.d_output[..] } else { &above[..] };
            let d_input = if layer == 0 { &mut memory.d_input[..] } else { &mut below[..] };
            d_input[..rows * row_len].fill(0.0);
            for direction in 0..directions {
                let index = layer * directions + direction;
                let run = Direction {
                    weights: &weights[index],
                    place: place(config, call, shape, layer, direction),
                    input,
                    steps: Steps { starts: &starts[..steps + 1], reverse: direction == 1 },
                };
                let (h_norms, c_norms) = part(&mut memory.norms, index, 2 * rows).split_at_mut(rows);
                let grads = Grads {
                    output: d_output,
                    input: d_input,
                    state: State {
                        h: part(&mut memory.d_h, index, batch * config.h_size()),
                        c: part(&mut memory.d_c, index, batch * config.c_size()),
                    },
                    parameters: layout.of(config, layer, direction),
                    gradients: &mut memory.gradients,
                    norms: Norms { h: h_norms, c: c_norms },
                };
                let saved = saved.direction(config, layer, direction);
                run.backward::<Native>(&memory.transposed[index], saved, grads, &mut memory.scratch, packed_a);
            }
            if layer > 0 {
                call.drop_out(&mut d_input[..rows * columns], config, layer - 1);
            }
            swap(&mut below, &mut above);
        }
        (saved.starts, saved.input) = (starts, x);
    }
}
