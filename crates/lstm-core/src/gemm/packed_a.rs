//! The left factor of a product, packed by tiles of rows.

use crate::layout::RowMap;
use crate::simd::{LANES, MR, Vector, quad, store};
use core::array::from_fn;
use core::ops::Range;

/// Rows and depth of what is packed at once.
pub const BLOCK_ROWS: usize = 16;
/// See [`BLOCK_ROWS`].
pub const BLOCK_DEPTH: usize = 512;

/// Rows to multiply: `row_len` values each, where `at` says each begins.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The values that the rows lie in.
    pub values: &'a [f32],
    /// Values in a row.
    pub row_len: usize,
    /// Where each row begins.
    pub at: RowMap,
}

impl<'a> Rows<'a> {
    /// Rows of `row_len` values, one after the other.
    pub fn dense(values: &'a [f32], row_len: usize) -> Self {
        Self { values, row_len, at: RowMap::steps_first(row_len) }
    }

    /// The values of row `r`.
    #[inline(always)]
    pub fn row(&self, r: usize) -> &'a [f32] {
        &self.values[self.at.start(r)..][..self.row_len]
    }
}

/// The left factor of a product: a matrix with a row for each row of the results.
#[derive(Debug, Clone, Copy)]
pub enum Lhs<'a> {
    /// The rows from the given one on.
    Rows(Rows<'a>, usize),
    /// The transpose of rows that lie one after the other: its row `r` is column `r` of them.
    Transposed {
        /// The rows.
        values: &'a [f32],
        /// Values in a row.
        row_len: usize,
    },
}

impl Lhs<'_> {
    /// Copies columns `k` of `rows` by tiles, as the kernels read them: of `R` rows, `R` values for each `k`.
    pub(super) fn pack<V: Vector>(&self, rows: Range<usize>, k: Range<usize>, packed_a: &mut [f32]) {
        let mut packed_a = packed_a;
        for (r, count) in tiles_of(rows.len(), k.len()) {
            let (tile, rest) = packed_a.split_at_mut(count * k.len());
            let first = rows.start + r;
            match (*self, count) {
                (Self::Rows(rows, skip), MR) => {
                    let x: [&[[f32; LANES]]; MR] = from_fn(|i| rows.row(skip + first + i)[k.clone()].as_chunks().0);
                    for (q, quads) in tile.as_chunks_mut::<{ LANES * MR }>().0.iter_mut().enumerate() {
                        store(V::transpose(from_fn(|i| V::load(&x[i][q]))), quads);
                    }
                }
                (Self::Transposed { values, row_len }, MR) => {
                    let rows = values[k.start * row_len..].chunks(row_len);
                    for (tile, row) in tile.as_chunks_mut::<MR>().0.iter_mut().zip(rows) {
                        V::load(quad(row, first)).store(tile);
                    }
                }
                (Self::Rows(rows, skip), _) => {
                    for i in 0..count {
                        let row = &rows.row(skip + first + i)[k.clone()];
                        tile[i..].iter_mut().step_by(count).zip(row).for_each(|(target, &value)| *target = value);
                    }
                }
                (Self::Transposed { values, row_len }, _) => {
                    let rows = values[k.start * row_len..].chunks(row_len);
                    for (tile, row) in tile.chunks_exact_mut(count).zip(rows) {
                        tile.iter_mut().zip(&row[first..]).for_each(|(target, &value)| *target = value);
                    }
                }
            }
            packed_a = rest;
        }
    }
}

/// How many of so many rows are in tiles of [`MR`]: all whole tiles, if the k come in fours (packing transposes four k of four
/// rows at once). The other rows are in tiles of two, and the last row may be alone.
pub fn rows_in_mr(rows: usize, depth: usize) -> usize {
    if depth.is_multiple_of(LANES) { rows / MR * MR } else { 0 }
}

/// The first row and the number of rows of each tile.
fn tiles_of(rows: usize, depth: usize) -> impl Iterator<Item = (usize, usize)> {
    let in_mr = rows_in_mr(rows, depth);
    let whole = (0..in_mr).step_by(MR).map(|r| (r, MR));
    whole.chain((in_mr..rows).step_by(2).map(move |r| (r, (rows - r).min(2))))
}

/// Memory for a packed block of the left factor. It holds nothing between two products, so that all objects of a thread may
/// share one.
#[derive(Debug)]
pub struct PackedA(pub(super) [f32; BLOCK_ROWS * BLOCK_DEPTH]);

impl PackedA {
    /// Memory for every product of a thread.
    #[allow(clippy::new_without_default)] // 32 kB
    pub const fn new() -> Self {
        Self([0.0; BLOCK_ROWS * BLOCK_DEPTH])
    }
}
