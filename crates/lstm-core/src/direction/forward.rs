//! Forward through time.

use super::{Direction, Saved, State};
use crate::gemm::PackedA;
use crate::simd::Vector;
use crate::step::{Projection, copy_rows, input_sums, step};

/// Memory that lasts for one forward.
#[derive(Debug)]
pub struct ForwardScratch<'a> {
    /// Of `chunk` steps, (chunk * batch, row of pre-activations).
    pub pre_activations: &'a mut [f32],
    /// (batch, padded H), or nothing for a cell without c
    pub c: &'a mut [f32],
    /// For all of the batch.
    pub projection: Projection<'a>,
    /// Steps whose input product is computed at once, so that it stays in the cache until it is used.
    pub chunk: usize,
}

impl Direction<'_> {
    /// Runs the direction, writes its h(t) to `output` and leaves in `saved` what that has room for; the results are the same
    /// whatever is saved. A sequence that has ended, has not begun or is empty keeps its state.
    pub fn forward<V: Vector>(
        &self,
        state: State,
        output: &mut [f32],
        saved: Saved,
        scratch: ForwardScratch,
        packed_a: &mut PackedA,
    ) {
        let Self { weights, place, input, steps } = *self;
        let (row_len, h_size) = (weights.row_len(), weights.h_size());
        let (c_size, padded_c) = (weights.c_size(), weights.padded_c_size());
        let batch = state.h.len() / h_size;
        let ForwardScratch { pre_activations, c, mut projection, chunk } = scratch;
        let c = &mut c[..batch * padded_c];
        c.fill(0.0);
        copy_rows(state.c, c_size, c, padded_c, c_size);

        for index in steps.order(0..steps.count().div_ceil(chunk)) {
            let chunk = index * chunk..(index * chunk + chunk).min(steps.count());
            let rows = steps.rows(chunk.clone());
            // Gates that are saved are computed where they stay.
            let (pre_activations, first) =
                if saved.gates.is_empty() { (&mut pre_activations[..], 0) } else { (&mut saved.gates[..], rows.start) };
            let pre_activations = &mut pre_activations[first * row_len..][..rows.len() * row_len];
            input_sums::<V>(weights, input, rows.start, pre_activations, packed_a);

            for t in steps.order(chunk) {
                if !saved.checkpoints.is_empty() && steps.begins_segment(t, saved.checkpoint_every) {
                    let segment = t / saved.checkpoint_every;
                    saved.checkpoints[segment * c.len()..][..c.len()].copy_from_slice(c);
                }
                let step_rows = steps.rows(t..t + 1);
                let pre_activations = &mut pre_activations[(step_rows.start - rows.start) * row_len..];
                let pre_activations = &mut pre_activations[..step_rows.len() * row_len];
                let h = &mut state.h[..step_rows.len() * h_size];
                let c = &mut c[..step_rows.len() * padded_c];
                step::<V>(weights, pre_activations, h, c, &mut projection, packed_a);
                if !saved.c.is_empty() {
                    saved.c[step_rows.start * padded_c..][..c.len()].copy_from_slice(c);
                }
                for (row, h) in step_rows.zip(h.chunks_exact(h_size)) {
                    output[place.output.start(row) + place.column..][..h_size].copy_from_slice(h);
                    if !saved.output.is_empty() {
                        saved.output[row * place.columns + place.column..][..h_size].copy_from_slice(h);
                    }
                }
            }
        }
        copy_rows(c, padded_c, state.c, c_size, c_size);
    }
}
