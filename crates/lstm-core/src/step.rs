//! One step of one direction: the recurrent sums, the cell and the projection, for every sequence that runs.

use crate::gemm::{Lhs, PackedA, Rows, accumulate};
use crate::layout::RowMap;
use crate::packed_weights::PackedWeights;
use crate::simd::Vector;

/// Memory for a step whose h(t) is not simply m(t): it is projected, or m(t) has units of padding.
#[derive(Debug)]
pub struct Projection<'a> {
    /// (n, padded H): m(t)
    pub m: &'a mut [f32],
    /// (n, whole panels of proj_size): `W_hr m(t)`
    pub product: &'a mut [f32],
}

/// Begins the chain of sums of every pre-activation in `pre` (n, row): `b + W_ih x` for n rows of `input` from `first` on. In slots
/// that `W_ih` does not add to it is `b` alone.
#[inline(always)]
pub fn input_sums<V: Vector>(
    weights: &PackedWeights,
    input: Rows,
    first: usize,
    pre: &mut [f32],
    packed_a: &mut PackedA,
) {
    let (row_len, init, end) = (weights.row_len(), weights.init(), weights.input().row_len());
    accumulate::<V>(pre, row_len, Some(&init[..end]), Lhs::Rows(input, first), weights.input(), packed_a);
    if end < row_len {
        pre.chunks_exact_mut(row_len).for_each(|row| row[end..].copy_from_slice(&init[end..]));
    }
}

/// Adds `W_hh h(t-1)` to the rows of `pre`, of as many rows of `h_before`.
#[inline(always)]
pub fn recurrent_sums<V: Vector>(weights: &PackedWeights, h_before: &[f32], pre: &mut [f32], packed_a: &mut PackedA) {
    let row_len = weights.row_len();
    let start = row_len - weights.recurrent().row_len(); // its slots are the last of a row
    let h_before = Lhs::Rows(Rows::dense(h_before, weights.h_size()), 0);
    accumulate::<V>(&mut pre[start..], row_len, None, h_before, weights.recurrent(), packed_a);
}

/// One step for the `n` sequences of `pre_activations` (n, row), which hold [`input_sums`] and become the gates.
///
/// `h` (n, H_out) goes from h(t-1) to h(t), `c` (n, padded H, or nothing) likewise.
pub fn step<V: Vector>(
    weights: &PackedWeights,
    pre_activations: &mut [f32],
    h: &mut [f32],
    c: &mut [f32],
    projection: &mut Projection,
    packed_a: &mut PackedA,
) {
    let (hidden, padded_hidden, h_size) = (weights.hidden(), weights.padded_hidden(), weights.h_size());
    recurrent_sums::<V>(weights, h, pre_activations, packed_a);
    if weights.projection().is_none() && hidden == padded_hidden {
        return weights.cell().forward::<V>(pre_activations, c, h, padded_hidden);
    }
    let m = &mut projection.m[..h.len() / h_size * padded_hidden];
    cell_forward::<V>(weights, pre_activations, h, c, m);
    project::<V>(weights, m, h, projection.product, packed_a);
}

/// The cell's forward where units are padded or h(t) is projected: from h(t-1) in `h_before` (n, H_out) to m(t) in `m` (n, padded
/// H).
#[inline(never)]
pub fn cell_forward<V: Vector>(
    weights: &PackedWeights,
    pre_activations: &mut [f32],
    h_before: &[f32],
    c: &mut [f32],
    m: &mut [f32],
) {
    let (hidden, padded_hidden) = (weights.hidden(), weights.padded_hidden());
    weights.cell().clear_padding(pre_activations, padded_hidden, hidden);
    if weights.cell().reads_h() {
        m.fill(0.0); // also the units of padding
        copy_rows(h_before, hidden, m, padded_hidden, hidden);
    }
    weights.cell().forward::<V>(pre_activations, c, m, padded_hidden);
}

/// Turns the rows of `m` (n, padded H) into h(t) (n, H_out): times `W_hr`, or without their padding.
#[inline(never)]
fn project<V: Vector>(weights: &PackedWeights, m: &[f32], h: &mut [f32], product: &mut [f32], packed_a: &mut PackedA) {
    let (padded_hidden, h_size) = (weights.padded_hidden(), weights.h_size());
    let Some(projection) = weights.projection() else {
        return copy_rows(m, padded_hidden, h, h_size, h_size);
    };
    let row_len = projection.row_len();
    let product = &mut product[..m.len() / padded_hidden * row_len];
    product.fill(0.0);
    let rows = Rows { values: m, row_len: weights.hidden(), at: RowMap::steps_first(padded_hidden) };
    accumulate::<V>(product, row_len, None, Lhs::Rows(rows, 0), projection, packed_a);
    copy_rows(product, row_len, h, h_size, h_size);
}

/// Copies the first `columns` values of each row of `source` to the rows of `target`; nothing of rows that have none.
#[inline(never)]
pub fn copy_rows(source: &[f32], source_stride: usize, target: &mut [f32], target_stride: usize, columns: usize) {
    if columns == 0 {
        return;
    }
    if columns == source_stride && columns == target_stride {
        let len = source.len().min(target.len());
        return target[..len].copy_from_slice(&source[..len]);
    }
    for (source, target) in source.chunks_exact(source_stride).zip(target.chunks_exact_mut(target_stride)) {
        target[..columns].copy_from_slice(&source[..columns]);
    }
}
