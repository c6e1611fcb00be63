//! One step of one direction: the recurrent sums, the cell and the projection, for every sequence that runs.

use crate::gemm::{Lhs, PackedA, Rows, accumulate};
use crate::layout::RowMap;
use crate::pack::Packed;
use crate::simd::Vector;

/// Memory for a step whose h(t) is not simply m(t): it is projected, or m(t) has units of padding.
#[derive(Debug)]
pub struct Projection<'a> {
    /// (n, padded H): m(t)
    pub m: &'a mut [f32],
    /// (n, whole panels of proj_size): `W_hr m(t)`
    pub product: &'a mut [f32],
}

/// `b + W_ih x` of as many rows of `input` from `first` on as `pre` has: where every pre-activation's chain of sums begins.
pub fn input_sums<V: Vector>(packed: &Packed, input: Rows, first: usize, pre: &mut [f32], packed_a: &mut PackedA) {
    accumulate::<V>(pre, Some(packed.init()), Lhs::Rows(input, first), packed.input(), packed_a);
}

/// One step for the `n` sequences of `pre_activations` (n, row), which hold `b + W_ih x(t)` and become the gates.
///
/// `h` (n, H_out) goes from h(t-1) to h(t), `memory` (n, padded H) likewise.
pub fn step<V: Vector>(
    packed: &Packed,
    pre_activations: &mut [f32],
    h: &mut [f32],
    memory: &mut [f32],
    projection: &mut Projection,
    packed_a: &mut PackedA,
) {
    let (hidden, padded_hidden, h_size) = (packed.hidden(), packed.padded_hidden(), packed.h_size());
    let h_before = Lhs::Rows(Rows::dense(h, h_size), 0);
    accumulate::<V>(pre_activations, None, h_before, packed.recurrent(), packed_a);
    if packed.projection().is_none() && hidden == padded_hidden {
        return packed.cell().forward::<V>(pre_activations, memory, h);
    }
    packed.cell().clear_padding(pre_activations, padded_hidden, hidden);
    let m = &mut projection.m[..h.len() / h_size * padded_hidden];
    packed.cell().forward::<V>(pre_activations, memory, m);
    project::<V>(packed, m, h, projection.product, packed_a);
}

/// Turns the rows of `m` (n, padded H) into h(t) (n, H_out): times `W_hr`, or without their padding.
#[inline(never)]
fn project<V: Vector>(packed: &Packed, m: &[f32], h: &mut [f32], product: &mut [f32], packed_a: &mut PackedA) {
    let (padded_hidden, h_size) = (packed.padded_hidden(), packed.h_size());
    let Some(projection) = packed.projection() else {
        return copy_rows(m, padded_hidden, h, h_size, h_size);
    };
    let row_len = projection.row_len();
    let product = &mut product[..m.len() / padded_hidden * row_len];
    product.fill(0.0);
    let rows = Rows { values: m, row_len: packed.hidden(), at: RowMap::steps_first(padded_hidden) };
    accumulate::<V>(product, None, Lhs::Rows(rows, 0), projection, packed_a);
    copy_rows(product, row_len, h, h_size, h_size);
}

/// Copies the first `columns` values of each row of `source` to the rows of `target`.
#[inline(never)]
pub fn copy_rows(source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize, columns: usize) {
    for (source, target) in source.chunks_exact(source_stride).zip(target.chunks_exact_mut(target_stride)) {
        target[..columns].copy_from_slice(&source[..columns]);
    }
}
