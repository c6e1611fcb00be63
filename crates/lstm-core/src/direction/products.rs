//! What backward multiplies over all rows of a segment at once: `dx`, `dW_ih`, `dW_hh`, `db` and `dW_hr`.

use super::Direction;
use super::backward::{Grads, Segment};
use crate::layout::{Kind, column};
use crate::pack::Transposed;
use crate::simd::Vector;
use crate::weight_grad::{Inputs, ProductScratch, add, add_weight_grad, matmul_rows};

impl Direction<'_> {
    /// Adds a segment's part in `dx` and in the gradients of the parameters.
    pub(super) fn products<V: Vector>(
        &self,
        segment: &Segment,
        transposed: &Transposed,
        grads: &mut Grads,
        scratch: &mut ProductScratch,
    ) {
        let Self { packed, input, .. } = *self;
        let (row_len, hidden, padded_hidden) = (packed.row_len(), packed.hidden(), packed.padded_hidden());
        let first_row = segment.rows.start;
        let (d_pre, d_h) = (&*segment.gates, &*segment.d_h);
        matmul_rows::<V>(d_pre, row_len, &transposed.input, scratch, &mut |r, product| {
            add(&mut grads.input[input.at.start(first_row + r)..][..input.row_len], product);
        });

        let column = |row: usize| column(packed.cell(), row / hidden, row % hidden);
        let x = |r: usize| input.row(first_row + r);
        let h_before = |r: usize| self.h_before(segment, first_row + r);
        let m = |r: usize| &segment.m[r * padded_hidden..][..hidden];
        for parameter in grads.parameters {
            let gradient = &mut grads.gradients[parameter.range()];
            let len = parameter.columns;
            match parameter.kind {
                Kind::WeightIh => {
                    add_weight_grad::<V>(gradient, d_pre, row_len, Inputs { len, row: &x }, &column, scratch);
                }
                Kind::WeightHh => {
                    add_weight_grad::<V>(gradient, d_pre, row_len, Inputs { len, row: &h_before }, &column, scratch);
                }
                Kind::BiasIh | Kind::BiasHh => {
                    let sums = &mut scratch.weight_grad[..row_len];
                    // Both biases have the same gradient, and b_hh follows b_ih in the layout: the sums are still there.
                    if parameter.kind == Kind::BiasIh {
                        sums.fill(0.0);
                        d_pre.chunks_exact(row_len).for_each(|row| add(sums, row));
                    }
                    gradient.iter_mut().enumerate().for_each(|(row, gradient)| *gradient += sums[column(row)]);
                }
                Kind::WeightHr => {
                    let inputs = Inputs { len, row: &m };
                    add_weight_grad::<V>(gradient, d_h, parameter.rows, inputs, &|row| row, scratch);
                }
            }
        }
    }
}
