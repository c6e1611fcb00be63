//! The sums: rows of values times packed columns, added to what is there.
//!
//! Two shapes of one kernel, chosen by how many rows there are: four rows by one strip of eight columns, and one row
//! by four strips. Both keep eight accumulators, which is what x86 has registers for beside the operands, and both
//! run each output's chain in the same order.

use crate::simd::{LANES, Vector, quad, quad_mut};
use crate::{Error, memory};
use alloc::vec::Vec;
use core::ops::Range;

/// Columns of a strip.
pub const COLUMNS: usize = 2 * LANES;
/// Rows that share a strip's loads.
pub const ROWS: usize = 4;
/// Strips that share a row's splats.
pub const STRIPS: usize = 4;

/// A strip's weights for one `k`.
pub type StripRow = [f32; COLUMNS];

/// A matrix by strips of [`COLUMNS`] columns; within a strip row by row, `k` ascending. Columns beyond the last are 0.
#[derive(Debug, Clone)]
pub struct Columns {
    depth: usize,
    weights: Vec<StripRow>,
}

impl Columns {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        let strips = columns.div_ceil(COLUMNS);
        memory::check(memory::values(&[strips, depth, COLUMNS]))?;
        Ok(Self { depth, weights: memory::zeros(strips * depth)? })
    }

    /// Writes the values of one column from row `first` on.
    pub fn set_column(&mut self, column: usize, first: usize, values: &[f32]) {
        let start = column / COLUMNS * self.depth + first;
        for (row, &value) in self.weights[start..start + values.len()].iter_mut().zip(values) {
            row[column % COLUMNS] = value;
        }
    }

    /// Writes row `k`: one value for each of the first columns.
    #[inline(never)]
    pub fn set_row(&mut self, k: usize, values: &[f32]) {
        for (strip, values) in values.chunks(COLUMNS).enumerate() {
            self.weights[strip * self.depth + k][..values.len()].copy_from_slice(values);
        }
    }

    /// How many values each column has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many strips there are.
    pub fn strips(&self) -> usize {
        self.weights.len() / self.depth
    }

    /// How many values a row of results has: whole strips.
    pub fn width(&self) -> usize {
        self.strips() * COLUMNS
    }

    /// Rows `k` of strip `index`.
    #[inline(always)]
    pub fn strip(&self, index: usize, k: Range<usize>) -> &[StripRow] {
        &self.weights[index * self.depth..][..self.depth][k]
    }
}

/// Rows to multiply: `width` values each, where `at` says each begins.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The values that the rows lie in.
    pub values: &'a [f32],
    /// Values in a row.
    pub width: usize,
    /// Where each row begins.
    pub at: RowMap,
}

impl<'a> Rows<'a> {
    /// Rows of `width` values, one after the other.
    pub fn dense(values: &'a [f32], width: usize) -> Self {
        Self { values, width, at: RowMap::steps_first(width) }
    }

    /// The values of row `r`.
    #[inline(always)]
    pub fn row(&self, r: usize) -> &'a [f32] {
        &self.values[self.at.start(r)..][..self.width]
    }
}

/// Where row `r`, counted step by step and within a step by batch, begins in a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowMap {
    stride: usize,
    /// `(batch, steps)` where the batch comes first in memory.
    batch_first: Option<(usize, usize)>,
}

impl RowMap {
    /// Rows of `stride` values in their own order: (seq, batch, .) tensors and packed data.
    pub fn steps_first(stride: usize) -> Self {
        Self { stride, batch_first: None }
    }

    /// Rows of `stride` values of a (batch, seq, .) tensor.
    pub fn batch_first(stride: usize, batch: usize, steps: usize) -> Self {
        // With one sequence, or of one step, both orders are the same.
        Self { stride, batch_first: (batch > 1 && steps > 1).then_some((batch, steps)) }
    }

    /// The index of the first value of row `r`.
    #[inline(always)]
    pub fn start(&self, r: usize) -> usize {
        match self.batch_first {
            None => r * self.stride,
            Some((batch, steps)) => (r % batch * steps + r / batch) * self.stride,
        }
    }
}

/// `out[r] += rows[first_row + r] · columns[k]` for every row of `out`, each [`Columns::width`] long.
#[inline(never)]
pub fn accumulate<V: Vector>(out: &mut [f32], rows: Rows, first_row: usize, columns: &Columns, k: Range<usize>) {
    debug_assert_eq!(k.len(), rows.width);
    let width = columns.width();
    let tiled = out.len() / width / ROWS * ROWS;
    let (tiles, rest) = out.split_at_mut(tiled * width);
    if tiled > 0 {
        for index in 0..columns.strips() {
            strip_of_tiles::<V>(tiles, width, index * COLUMNS, rows, first_row, columns.strip(index, k.clone()));
        }
    }
    for (r, out) in rest.chunks_exact_mut(width).enumerate() {
        row::<V>(out, rows.row(first_row + tiled + r), columns, k.clone());
    }
}

/// One strip for rows in fours. Separate and never inlined: V8 optimises a function between its calls, not within one.
#[inline(never)]
fn strip_of_tiles<V: Vector>(
    out: &mut [f32],
    width: usize,
    column: usize,
    rows: Rows,
    first_row: usize,
    strip: &[StripRow],
) {
    for (index, tile) in out.chunks_exact_mut(ROWS * width).enumerate() {
        let r = first_row + index * ROWS;
        tile_of_rows::<V>(tile, width, column, core::array::from_fn(|i| rows.row(r + i)), strip);
    }
}

/// Four rows by one strip: `out[i][column..] += x[i] · strip`.
#[inline(always)]
pub fn tile_of_rows<V: Vector>(out: &mut [f32], width: usize, column: usize, x: [&[f32]; ROWS], strip: &[StripRow]) {
    let mut sums: [[V; 2]; ROWS] = core::array::from_fn(|i| {
        let at = i * width + column;
        [V::load(quad(out, at)), V::load(quad(out, at + LANES))]
    });
    // Cut to one length, so that no index below needs a check.
    let depth = strip.len();
    let x = x.map(|row| &row[..depth]);
    for k in 0..depth {
        let (left, right) = halves::<V>(&strip[k]);
        for i in 0..ROWS {
            let value = V::splat(x[i][k]);
            sums[i] = [sums[i][0].add_product(value, left), sums[i][1].add_product(value, right)];
        }
    }
    for (i, [left, right]) in sums.into_iter().enumerate() {
        let at = i * width + column;
        left.store(quad_mut(out, at));
        right.store(quad_mut(out, at + LANES));
    }
}

/// One row by all strips.
#[inline(never)]
fn row<V: Vector>(out: &mut [f32], x: &[f32], columns: &Columns, k: Range<usize>) {
    let strips = columns.strips();
    let mut index = 0;
    while index + STRIPS <= strips {
        row_of_strips::<V, STRIPS>(out, x, columns, index, k.clone());
        index += STRIPS;
    }
    while index < strips {
        row_of_strips::<V, 1>(out, x, columns, index, k.clone());
        index += 1;
    }
}

#[inline(always)]
fn row_of_strips<V: Vector, const N: usize>(
    out: &mut [f32],
    x: &[f32],
    columns: &Columns,
    index: usize,
    k: Range<usize>,
) {
    let out = &mut out[index * COLUMNS..][..N * COLUMNS];
    let strips = core::array::from_fn(|s| columns.strip(index + s, k.clone()));
    store_strips(extend::<V, N>(load_strips(out), x, strips), out);
}

/// The accumulators of `N` strips of one row.
pub type Sums<V, const N: usize> = [[V; 2]; N];

/// Reads the accumulators of `N` strips that lie side by side.
#[inline(always)]
pub fn load_strips<V: Vector, const N: usize>(values: &[f32]) -> Sums<V, N> {
    core::array::from_fn(|s| [V::load(quad(values, s * COLUMNS)), V::load(quad(values, s * COLUMNS + LANES))])
}

/// Writes the accumulators of `N` strips that lie side by side.
#[inline(always)]
pub fn store_strips<V: Vector, const N: usize>(sums: Sums<V, N>, values: &mut [f32]) {
    for (s, [left, right]) in sums.into_iter().enumerate() {
        left.store(quad_mut(values, s * COLUMNS));
        right.store(quad_mut(values, s * COLUMNS + LANES));
    }
}

/// One row by `N` strips, in registers: `sums + x · strips`.
#[inline(always)]
pub fn extend<V: Vector, const N: usize>(mut sums: Sums<V, N>, x: &[f32], strips: [&[StripRow]; N]) -> Sums<V, N> {
    let depth = x.len();
    let strips = strips.map(|strip| &strip[..depth]);
    for k in 0..depth {
        let value = V::splat(x[k]);
        for s in 0..N {
            let (left, right) = halves::<V>(&strips[s][k]);
            sums[s] = [sums[s][0].add_product(value, left), sums[s][1].add_product(value, right)];
        }
    }
    sums
}

/// A strip's eight weights of one `k` as two vectors.
#[inline(always)]
fn halves<V: Vector>(row: &StripRow) -> (V, V) {
    (V::load(quad(row, 0)), V::load(quad(row, LANES)))
}
