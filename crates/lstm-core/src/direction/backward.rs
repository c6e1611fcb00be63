//! Backward through time, segment by segment from the last in the direction's own time. A segment is the whole sequence, or
//! with checkpoints as many of its steps as lie between two. Of each segment three things are computed:
//!
//! 1. `recompute`, only with checkpoints: its gates and c again;
//! 2. `through_time`: step by step from the last, the gradients of its pre-activations (`d_pre`), in the place of the gates;
//! 3. `products`, in the file of that name: what is a product over all of its rows, that is `dx` and the gradients of the
//!    parameters.
//!
//! The crate's head has the equations.

use super::products::d_recurrent;
use super::{Direction, Saved, State};
use crate::cell::BackwardStep;
use crate::gemm::{Lhs, PackedA, PackedB, Rows, accumulate, whole_panels};
use crate::layout::{Parameter, RowMap};
use crate::norm::norm;
use crate::packed_weights::TransposedWeights;
use crate::simd::Vector;
use crate::step::{cell_forward, copy_rows, input_sums, recurrent_sums};
use crate::weight_grad::{Columns, ProductScratch, add, matmul_rows};
use alloc::vec::Vec;
use core::ops::Range;

/// The gradients of one direction.
#[derive(Debug)]
pub struct Grads<'a> {
    /// Of the layer's output; rows lie as the direction's [`super::Place`] says.
    pub output: &'a [f32],
    /// Of x(t), to be added to; rows lie as those of the input.
    pub input: &'a mut [f32],
    /// From those of the last h and c to those of the first.
    pub state: State<'a>,
    /// The direction's parameters.
    pub parameters: &'a [Parameter],
    /// Of all parameters, to be added to.
    pub gradients: &'a mut [f32],
    /// To be filled.
    pub norms: Norms<'a>,
}

/// The norms of gradients on their way through time, (rows) each.
#[derive(Debug)]
pub struct Norms<'a> {
    /// Of dL/dh(t).
    pub h: &'a mut [f32],
    /// Of dL/dc(t); 0 for a cell without c.
    pub c: &'a mut [f32],
}

/// Memory that one direction's backward needs for itself.
#[derive(Debug, Default)]
pub struct BackwardScratch {
    /// (batch, padded H): c before the first step of a segment
    pub c_before: Vec<f32>,
    /// (batch, padded H): dL/dc; like all of c, empty for a cell without c
    pub d_c: Vec<f32>,
    /// (batch, padded H), for a cell that reads it: h(t-1) of one step
    pub padded_h_before: Vec<f32>,
    /// (batch, whole panels of H_out): dL/dh
    pub running_d_h: Vec<f32>,
    /// (rows of a segment, H_out), with a projection: the gradients of its h(t)
    pub d_h: Vec<f32>,
    /// (rows of a segment, H_out): its h(t-1), where gates are computed again
    pub h_before: Vec<f32>,
    /// (rows of a segment, padded H), without a projection those of one step: the gradients of m(t), then m(t) itself
    pub m: Vec<f32>,
    /// (rows of a segment, row of pre-activations), with checkpoints: its gates
    pub gates: Vec<f32>,
    /// (rows of a segment, padded H), with checkpoints: its c
    pub c: Vec<f32>,
    /// See [`ProductScratch`].
    pub product: Vec<f32>,
    /// See [`ProductScratch`].
    pub weight_grad: Vec<f32>,
    /// See [`ProductScratch`].
    pub block: PackedB,
}

/// What backward knows of one segment, and where it works on it.
pub(super) struct Segment<'a> {
    pub steps: Range<usize>,
    pub rows: Range<usize>,
    /// h before the first step of the sequence, and the layer's output: where h(t-1) is found.
    pub h0: &'a [f32],
    pub output: &'a [f32],
    /// c before its first step, (batch, padded H).
    pub c_before: &'a mut [f32],
    /// Its gates, which become `d_pre`, and its c.
    pub gates: &'a mut [f32],
    pub c: &'a mut [f32],
    /// See [`BackwardScratch`].
    pub d_h: &'a mut [f32],
    pub m: &'a mut [f32],
}

/// What goes from step to step of a backward, as [`BackwardScratch`] describes it.
struct Running<'a> {
    d_c: &'a mut [f32],
    d_h: &'a mut [f32],
    padded_h_before: &'a mut [f32],
}

impl Direction<'_> {
    /// The mirror of [`Direction::forward`].
    pub fn backward<V: Vector>(
        &self,
        transposed: &TransposedWeights,
        saved: Saved,
        mut grads: Grads,
        scratch: &mut BackwardScratch,
        packed_a: &mut PackedA,
    ) {
        let Self { weights, steps, .. } = *self;
        let (row_len, h_size) = (weights.row_len(), weights.h_size());
        let (c_size, padded_c) = (weights.c_size(), weights.padded_c_size());
        let len = grads.state.h.len() / h_size * padded_c;
        let BackwardScratch { c_before, d_c, padded_h_before, running_d_h, d_h, h_before, m, .. } = scratch;
        let d_h_len = transposed.recurrent.row_len();
        copy_rows(grads.state.h, h_size, running_d_h, d_h_len, h_size);
        let d_c = &mut d_c[..len];
        d_c.fill(0.0);
        copy_rows(grads.state.c, c_size, d_c, padded_c, c_size);
        let mut products = ProductScratch {
            block: &mut scratch.block,
            weight_grad: &mut scratch.weight_grad,
            product: &mut scratch.product,
            packed_a,
        };

        let (recomputes, every) = (saved.gates.is_empty(), saved.checkpoint_every);
        let (gates, c) = if recomputes { (&mut scratch.gates[..], &mut scratch.c[..]) } else { (saved.gates, saved.c) };
        for index in steps.backward_order(0..steps.count().div_ceil(every)) {
            let of_segment = index * every..(index * every + every).min(steps.count());
            let rows = steps.rows(of_segment.clone());
            let mut segment = Segment {
                h0: saved.h0,
                output: saved.output,
                c_before: &mut c_before[..len],
                gates: &mut gates[..rows.len() * row_len],
                c: &mut c[..rows.len() * padded_c],
                d_h,
                m,
                steps: of_segment,
                rows,
            };
            if recomputes {
                let checkpoint = &saved.checkpoints[index * len..][..len];
                self.recompute::<V>(&mut segment, checkpoint, h_before, products.packed_a);
            } else {
                segment.c_before.fill(0.0);
                copy_rows(saved.c0, c_size, segment.c_before, padded_c, c_size);
            }
            let running = Running { d_c, d_h: running_d_h, padded_h_before };
            self.through_time::<V>(&mut segment, transposed, &mut grads, running, &mut products);
            self.products::<V>(&segment, transposed, &mut grads, &mut products);
        }
        copy_rows(running_d_h, d_h_len, grads.state.h, h_size, h_size);
        copy_rows(d_c, padded_c, grads.state.c, c_size, c_size);
    }

    /// h(t-1) of a row: that of the step before, or h(0).
    pub(super) fn h_before<'v>(&self, segment: &Segment<'v>, row: usize) -> &'v [f32] {
        let Self { place, steps, .. } = self;
        let h_size = self.weights.h_size();
        let (t, b) = steps.of_row(row);
        let previous = steps.previous(t);
        if b < steps.running(previous) {
            &segment.output[(steps.starts[previous] + b) * place.columns + place.column..][..h_size]
        } else {
            &segment.h0[b * h_size..][..h_size]
        }
    }

    /// Computes the gates and c of a segment again, from c before its first step. All h(t-1) are known, so that
    /// their product is one for all steps.
    fn recompute<V: Vector>(
        &self,
        segment: &mut Segment,
        checkpoint: &[f32],
        h_before: &mut [f32],
        packed_a: &mut PackedA,
    ) {
        let Self { weights, input, steps, .. } = *self;
        let (row_len, h_size) = (weights.row_len(), weights.h_size());
        let padded_c = weights.padded_c_size();
        for (row, h) in segment.rows.clone().zip(h_before.chunks_exact_mut(h_size)) {
            h.copy_from_slice(self.h_before(segment, row));
        }
        input_sums::<V>(weights, input, segment.rows.start, segment.gates, packed_a);
        recurrent_sums::<V>(weights, h_before, segment.gates, packed_a);

        let (running, unused) = (&mut *segment.c_before, &mut *segment.m);
        running.copy_from_slice(checkpoint);
        for t in steps.order(segment.steps.clone()) {
            let rows = steps.rows(t..t + 1);
            let (start, end) = (rows.start - segment.rows.start, rows.end - segment.rows.start);
            let gates = &mut segment.gates[start * row_len..end * row_len];
            let c = &mut running[..rows.len() * padded_c];
            cell_forward::<V>(weights, gates, &h_before[start * h_size..end * h_size], c, unused);
            segment.c[start * padded_c..end * padded_c].copy_from_slice(c);
        }
        running.copy_from_slice(checkpoint);
    }

    /// Makes `dh(t)` of the rows of step t of what step t+1 left in `d_h` (n, whole panels of H_out): adds the gradient of the
    /// output. Also its norms.
    fn total_d_h<V: Vector>(&self, rows: Range<usize>, d_h: &mut [f32], grads: &mut Grads) {
        let (place, h_size) = (self.place, self.weights.h_size());
        for (row, d_h) in rows.zip(d_h.chunks_exact_mut(whole_panels(h_size))) {
            let d_h = &mut d_h[..h_size];
            add(d_h, &grads.output[place.output.start(row) + place.column..]);
            grads.norms.h[row] = norm::<V>(d_h);
        }
    }

    /// Goes through the steps of a segment from the last: turns its gates into `d_pre`, and leaves `dh` and m(t) of each row.
    /// `running` holds `dh` of the step to come, all but the gradient of its output, and `dc`.
    fn through_time<V: Vector>(
        &self,
        segment: &mut Segment,
        transposed: &TransposedWeights,
        grads: &mut Grads,
        running: Running,
        products: &mut ProductScratch,
    ) {
        let Self { weights, steps, .. } = *self;
        let (row_len, h_size) = (weights.row_len(), weights.h_size());
        let (hidden, padded_hidden) = (weights.hidden(), weights.padded_hidden());
        let (cell, padded_c) = (weights.cell(), weights.padded_c_size());
        let Running { d_c, d_h, padded_h_before } = running;
        let d_h_len = transposed.recurrent.row_len();
        let first_row = segment.rows.start;
        for t in steps.backward_order(segment.steps.clone()) {
            let rows = steps.rows(t..t + 1);
            let n = rows.len();
            let (start, end) = (rows.start - first_row, rows.end - first_row);
            if cell.reads_h() {
                for (b, h) in padded_h_before.chunks_exact_mut(padded_hidden).take(n).enumerate() {
                    h[..hidden].copy_from_slice(self.h_before(segment, rows.start + b));
                }
            }
            let d_h = &mut d_h[..n * d_h_len];
            self.total_d_h::<V>(rows.clone(), d_h, grads);

            // d_m(t) = W_hrᵀ dh(t), or dh(t)
            let first_m = if transposed.projection.is_some() { start } else { 0 };
            let d_m = &mut segment.m[first_m * padded_hidden..][..n * padded_hidden];
            d_m.fill(0.0);
            match &transposed.projection {
                Some(projection) => {
                    copy_rows(d_h, d_h_len, &mut segment.d_h[start * h_size..], h_size, h_size);
                    let d_h = Columns { values: d_h, row_len: d_h_len, count: h_size };
                    matmul_rows::<V>(d_h, projection, products, &mut |r, product| {
                        d_m[r * padded_hidden..][..hidden].copy_from_slice(&product[..hidden]);
                    })
                }
                None => copy_rows(d_h, d_h_len, d_m, padded_hidden, hidden),
            }

            // c(t-1): of the step before, or for sequences without one in this segment, from before the segment.
            let previous = steps.previous(t);
            let (with_step_before, previous_row) = if segment.steps.contains(&previous) {
                (steps.running(previous), steps.starts[previous] - first_row)
            } else {
                (0, 0)
            };
            let (c, first_c) = (&*segment.c, &*segment.c_before);
            let c_before = |b: usize| {
                let (from, row) = if b < with_step_before { (c, previous_row + b) } else { (first_c, b) };
                &from[row * padded_c..][..padded_c]
            };
            let gates = &mut segment.gates[start * row_len..end * row_len];
            let backward_step = BackwardStep {
                gates,
                h_before: padded_h_before,
                c_before: &c_before,
                c: &c[start * padded_c..end * padded_c],
                d_m,
                d_c: &mut d_c[..n * padded_c],
                d_c_norms: &mut grads.norms.c[rows],
            };
            cell.backward::<V>(backward_step, padded_hidden);

            // dh(t-1), but for the gradient of the output: what the cell left of it, and W_hhᵀ d_pre
            d_h.fill(0.0);
            if cell.reads_h() {
                copy_rows(d_m, padded_hidden, d_h, d_h_len, hidden);
            }
            let Columns { values, row_len, count } = d_recurrent(weights, gates);
            let d_pre = Rows { values, row_len: count, at: RowMap::steps_first(row_len) };
            accumulate::<V>(d_h, d_h_len, None, Lhs::Rows(d_pre, 0), &transposed.recurrent, products.packed_a);
        }
    }
}
