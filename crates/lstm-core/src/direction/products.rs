//! What backward multiplies over all rows of a segment at once: `dx`, `dW_ih`, `dW_hh`, `db` and `dW_hr`.

use super::Direction;
use super::backward::{Grads, Segment};
use crate::layout::Kind;
use crate::packed_weights::{PackedWeights, TransposedWeights};
use crate::simd::Vector;
use crate::weight_grad::{Columns, Inputs, ProductScratch, add, add_weight_grad, matmul_rows};

impl Direction<'_> {
    /// Adds a segment's part in `dx` and in the gradients of the parameters.
    pub(super) fn products<V: Vector>(
        &self,
        segment: &Segment,
        transposed: &TransposedWeights,
        grads: &mut Grads,
        scratch: &mut ProductScratch,
    ) {
        let Self { weights, input, .. } = *self;
        let (row_len, hidden, padded_hidden) = (weights.row_len(), weights.hidden(), weights.padded_hidden());
        let (input_columns, recurrent_columns) = (weights.input_columns(), weights.recurrent_columns());
        let first_row = segment.rows.start;
        let d_pre = &*segment.gates;
        let d_input_part = Columns { values: d_pre, row_len, count: weights.input().row_len() };
        let d_recurrent_part = d_recurrent(weights, d_pre);
        matmul_rows::<V>(d_input_part, &transposed.input, scratch, &mut |r, product| {
            add(&mut grads.input[input.at.start(first_row + r)..][..input.row_len], product);
        });

        let x = |r: usize| input.row(first_row + r);
        let h_before = |r: usize| self.h_before(segment, first_row + r);
        let m = |r: usize| &segment.m[r * padded_hidden..][..hidden];
        for parameter in grads.parameters {
            let gradient = &mut grads.gradients[parameter.range()];
            let len = parameter.columns;
            match parameter.kind {
                Kind::WeightIh => {
                    let column = |row: usize| input_columns.of(row);
                    add_weight_grad::<V>(gradient, d_input_part, Inputs { len, row: &x }, &column, scratch);
                }
                Kind::WeightHh => {
                    let column = |row: usize| recurrent_columns.of(row);
                    add_weight_grad::<V>(gradient, d_recurrent_part, Inputs { len, row: &h_before }, &column, scratch);
                }
                Kind::BiasIh | Kind::BiasHh => {
                    let sums = &mut scratch.weight_grad[..row_len];
                    let columns = if parameter.kind == Kind::BiasIh { input_columns } else { recurrent_columns };
                    // b_hh follows b_ih in the layout: the sums are still there.
                    if parameter.kind == Kind::BiasIh {
                        sums.fill(0.0);
                        d_pre.chunks_exact(row_len).for_each(|row| add(sums, row));
                    }
                    gradient.iter_mut().enumerate().for_each(|(row, gradient)| *gradient += sums[columns.in_row(row)]);
                }
                Kind::WeightHr => {
                    let d_h = &segment.d_h[..segment.rows.len() * parameter.rows];
                    let inputs = Inputs { len, row: &m };
                    add_weight_grad::<V>(gradient, Columns::all(d_h, parameter.rows), inputs, &|row| row, scratch);
                }
            }
        }
    }
}

/// Of rows of `d_pre`, the columns that `W_hh` adds to.
pub(super) fn d_recurrent<'a>(weights: &PackedWeights, d_pre: &'a [f32]) -> Columns<'a> {
    let start = weights.recurrent_columns().start();
    Columns { values: &d_pre[start..], row_len: weights.row_len(), count: weights.recurrent().row_len() }
}
