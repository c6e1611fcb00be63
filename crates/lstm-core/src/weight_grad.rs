//! Products of backward over many rows at once: the gradients of weights, and gradients times weights.

use crate::gemm::{Lhs, PackedA, PackedB, Rows, accumulate, whole_panels};
use crate::simd::{Native, Vector};

/// Rows that are multiplied at once: as many as keep all columns of a weight's gradient in the second cache.
pub const BLOCK: usize = 512;

/// What a weight was multiplied with: `row(r)` has `len` values for each row `r`.
#[derive(Clone, Copy)]
pub struct Inputs<'f, 'v> {
    /// The columns of the weight.
    pub len: usize,
    /// The values of a row.
    pub row: &'f dyn Fn(usize) -> &'v [f32],
}

/// `out[j] += Σ_r d[r][j] * inputs.row(r)`: the gradient of a weight whose results had the gradients `d` (rows, d_len). `out`
/// has a row of whole panels of `inputs.len` for each column of `d`. `block` has room for [`BLOCK`] inputs.
#[inline(never)]
pub fn accumulate_weight_grad<V: Vector>(
    out: &mut [f32],
    d: &[f32],
    d_len: usize,
    inputs: Inputs,
    block: &mut PackedB,
    packed_a: &mut PackedA,
) {
    for (index, d) in d.chunks(BLOCK * d_len).enumerate() {
        let rows = d.len() / d_len;
        block.reshape(inputs.len, rows);
        for r in 0..rows {
            block.set_row(r, (inputs.row)(index * BLOCK + r));
        }
        accumulate::<V>(out, None, Lhs::Transposed { values: d, row_len: d_len }, block, packed_a);
    }
}

/// Memory for [`add_weight_grad`] and [`matmul_rows`].
pub struct ProductScratch<'a> {
    /// Up to [`BLOCK`] inputs of a weight, packed.
    pub block: &'a mut PackedB,
    /// (columns of `d`, whole panels of the inputs): the gradient of a weight in the order of `d`'s columns.
    pub weight_grad: &'a mut [f32],
    /// ([`BLOCK`], whole panels): rows of a product before its padding is dropped.
    pub product: &'a mut [f32],
    /// For the products themselves.
    pub packed_a: &'a mut PackedA,
}

/// Adds `Σ_r d(r) inputs.row(r)ᵀ` to a gradient as PyTorch shapes it: its row `row` belongs to column `column(row)` of `d`.
pub fn add_weight_grad<V: Vector>(
    gradient: &mut [f32],
    d: &[f32],
    d_len: usize,
    inputs: Inputs,
    column: &dyn Fn(usize) -> usize,
    scratch: &mut ProductScratch,
) {
    let row_len = whole_panels(inputs.len);
    let weight_grad = &mut scratch.weight_grad[..d_len * row_len];
    weight_grad.fill(0.0);
    accumulate_weight_grad::<V>(weight_grad, d, d_len, inputs, scratch.block, scratch.packed_a);
    for (row, gradient) in gradient.chunks_exact_mut(inputs.len).enumerate() {
        add(gradient, &weight_grad[column(row) * row_len..]);
    }
}

/// Hands each row of `rows` (., row_len) times `rhs` to `take`, with its index.
pub fn matmul_rows<V: Vector>(
    rows: &[f32],
    row_len: usize,
    rhs: &PackedB,
    scratch: &mut ProductScratch,
    take: &mut dyn FnMut(usize, &[f32]),
) {
    for (index, block) in rows.chunks(BLOCK * row_len).enumerate() {
        let product = &mut scratch.product[..block.len() / row_len * rhs.row_len()];
        product.fill(0.0);
        accumulate::<V>(product, None, Lhs::Rows(Rows::dense(block, row_len), 0), rhs, scratch.packed_a);
        for (r, product) in product.chunks_exact(rhs.row_len()).enumerate() {
            take(index * BLOCK + r, product);
        }
    }
}

/// `target += source`, which may be longer.
#[inline(never)]
pub fn add(target: &mut [f32], source: &[f32]) {
    let (source, rest) = source[..target.len()].as_chunks();
    let (target, tail) = target.as_chunks_mut();
    for (target, source) in target.iter_mut().zip(source) {
        (Native::load(target) + Native::load(source)).store(target);
    }
    for (target, source) in tail.iter_mut().zip(rest) {
        *target += source;
    }
}
