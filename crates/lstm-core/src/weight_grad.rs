//! Products of backward over many rows at once: the gradients of weights, and gradients times weights.

use crate::gemm::{Lhs, PackedA, PackedB, Rows, accumulate, whole_panels};
use crate::layout::RowMap;
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

/// Columns of the gradients of results: of each row the first ones, `row_len` values from one row to the next. To take others
/// than the first of a row, `values` begins with them.
#[derive(Clone, Copy)]
pub struct Columns<'a> {
    /// The rows.
    pub values: &'a [f32],
    /// From the start of a row to that of the next.
    pub row_len: usize,
    /// How many of a row are meant.
    pub count: usize,
}

impl<'a> Columns<'a> {
    /// All of rows of `row_len` values.
    pub fn all(values: &'a [f32], row_len: usize) -> Self {
        Self { values, row_len, count: row_len }
    }
}

/// `out[j] += Σ_r d[r][j] * inputs.row(r)`: the gradient of a weight whose results had the gradients `d`. `out` has a row of
/// whole panels of `inputs.len` for each column of `d`. `block` has room for [`BLOCK`] inputs.
#[inline(never)]
pub fn accumulate_weight_grad<V: Vector>(
    out: &mut [f32],
    d: Columns,
    inputs: Inputs,
    block: &mut PackedB,
    packed_a: &mut PackedA,
) {
    let Columns { values, row_len, .. } = d;
    for (index, values) in values.chunks(BLOCK * row_len).enumerate() {
        let rows = values.len().div_ceil(row_len);
        block.reshape(inputs.len, rows);
        for r in 0..rows {
            block.set_row(r, (inputs.row)(index * BLOCK + r));
        }
        accumulate::<V>(out, block.row_len(), None, Lhs::Transposed { values, row_len }, block, packed_a);
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
    d: Columns,
    inputs: Inputs,
    column: &dyn Fn(usize) -> usize,
    scratch: &mut ProductScratch,
) {
    let row_len = whole_panels(inputs.len);
    let weight_grad = &mut scratch.weight_grad[..d.count * row_len];
    weight_grad.fill(0.0);
    accumulate_weight_grad::<V>(weight_grad, d, inputs, scratch.block, scratch.packed_a);
    for (row, gradient) in gradient.chunks_exact_mut(inputs.len).enumerate() {
        add(gradient, &weight_grad[column(row) * row_len..]);
    }
}

/// Hands each row of `rows` times `rhs` to `take`, with its index.
pub fn matmul_rows<V: Vector>(
    rows: Columns,
    rhs: &PackedB,
    scratch: &mut ProductScratch,
    take: &mut dyn FnMut(usize, &[f32]),
) {
    let Columns { values, row_len, count } = rows;
    for (index, values) in values.chunks(BLOCK * row_len).enumerate() {
        let product = &mut scratch.product[..values.len().div_ceil(row_len) * rhs.row_len()];
        product.fill(0.0);
        let rows = Rows { values, row_len: count, at: RowMap::steps_first(row_len) };
        accumulate::<V>(product, rhs.row_len(), None, Lhs::Rows(rows, 0), rhs, scratch.packed_a);
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
