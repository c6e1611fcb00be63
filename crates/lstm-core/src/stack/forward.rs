//! Forward through all layers, from the first to the last.

use super::{Stack, copy_start, part, place};
use crate::direction::{Direction, ForwardScratch, State, Steps};
use crate::gemm::{PackedA, Rows};
use crate::saved::SavedForward;
use crate::simd::Native;
use crate::step::Projection;
use crate::{Call, Error, Shape};
use core::mem::swap;

impl Stack {
    /// Runs all layers over what [`Stack::reserve`] made room for. Never allocates.
    ///
    /// Fails only on batch sizes that do not descend from at most `batch` to at least 1 and add up to the rows.
    pub fn forward(&mut self, call: Call, packed_a: &mut PackedA) -> Result<(), Error> {
        self.work.place_steps(self.shape, call.packed)?;
        self.refresh();
        let mut saved = self.begin_saving(call);
        if self.shape.rows > 0 {
            self.run_layers(call, saved.as_mut(), packed_a);
        } // else the states pass through
        if let (Some(memory), Some(saved)) = (&mut self.backward_memory, saved) {
            memory.waiting.push(saved);
        }
        Ok(())
    }

    /// If the forward trains: the memory that it saves to, with what is known before it runs.
    fn begin_saving(&mut self, call: Call) -> Option<SavedForward> {
        let Self { config, shape, version, work, backward_memory, .. } = self;
        if !call.keeps {
            return None;
        }
        let mut saved = backward_memory.as_mut()?.spare.pop()?;
        let states = config.num_layers() * config.directions() * shape.batch;
        saved.call = call;
        saved.version = *version;
        saved.starts[..shape.steps + 1].copy_from_slice(&work.starts[..shape.steps + 1]);
        copy_start(&work.input, &mut saved.input, shape.rows * config.input_size());
        copy_start(&work.h, &mut saved.h0, states * config.h_size());
        copy_start(&work.c, &mut saved.c0, states * config.c_size());
        Some(saved)
    }

    fn run_layers(&mut self, call: Call, mut saved: Option<&mut SavedForward>, packed_a: &mut PackedA) {
        let Shape { steps, batch, rows } = self.shape;
        let Self { config, weights, work, shape, .. } = self;
        let (directions, layers, columns) = (config.directions(), config.num_layers(), config.output_size());
        let [even, odd] = &mut work.layer_io;
        let (mut above, mut below) = (&mut even[..], &mut odd[..]);
        for layer in 0..layers {
            let last = layer + 1 == layers;
            let row_len = config.layer_input_size(layer);
            let input = if layer == 0 {
                Rows { values: &work.input, row_len, at: call.row_map(*shape, row_len) }
            } else {
                Rows::dense(below, row_len)
            };
            let output = if last { &mut work.output[..] } else { &mut above[..] };
            for direction in 0..directions {
                let index = layer * directions + direction;
                let state = State {
                    h: part(&mut work.h, index, batch * config.h_size()),
                    c: part(&mut work.c, index, batch * config.c_size()),
                };
                let scratch = ForwardScratch {
                    pre_activations: &mut work.pre_activations,
                    c: &mut work.running_c,
                    projection: Projection { m: &mut work.m, product: &mut work.product },
                    chunk: work.chunk,
                };
                let saved = match &mut saved {
                    Some(saved) => saved.direction(config, layer, direction),
                    None => Default::default(),
                };
                let run = Direction {
                    weights: &weights[index],
                    place: place(config, call, *shape, layer, direction),
                    input,
                    steps: Steps { starts: &work.starts[..steps + 1], reverse: direction == 1 },
                };
                run.forward::<Native>(state, output, saved, scratch, packed_a);
            }
            if !last {
                call.drop_out(&mut output[..rows * columns], config, layer);
            }
            swap(&mut below, &mut above);
        }
    }
}
