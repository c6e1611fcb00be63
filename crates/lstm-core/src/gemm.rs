//! The sums: rows of values times packed columns, added to what is there.
//!
//! A tile of sums in registers is four rows by eight columns, or two by sixteen or one by 32 where there are fewer rows.
//! Each keeps eight accumulators, and each runs an output's chain of sums in the same order. Blocks keep what a tile
//! reads in the first cache: a panel 512 rows deep is 32 kB, and a column of it is read by every row of a block.

use crate::simd::{LANES, Vector, add_products, quad, quad_mut};
use crate::{Error, memory};
use alloc::vec::Vec;
use core::array::from_fn;
use core::ops::Range;

/// Columns of a tile; matrices and results are padded to a multiple of it.
pub const COLUMNS: usize = 2 * LANES;
/// Columns of a panel, those of two tiles: one row of it is a cache line.
pub const PANEL_COLUMNS: usize = 2 * COLUMNS;
/// Rows of a tile.
const ROWS: usize = 4;
/// Rows of values and of columns that are multiplied at once.
const BLOCK_ROWS: usize = 16;
const BLOCK_DEPTH: usize = 512;

/// A matrix by panels of [`PANEL_COLUMNS`] columns, the last of them a tile wide if no more is left; within a panel row by
/// row. Columns beyond the last are 0. Behind the last panel stands one more row of zeros, see [`add_products`].
#[derive(Debug, Clone)]
pub struct Columns {
    depth: usize,
    width: usize,
    values: Vec<f32>,
}

impl Columns {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        let width = columns.next_multiple_of(COLUMNS);
        memory::check(memory::values(&[width, depth]))?;
        Ok(Self { depth, width, values: memory::zeros(width * depth + PANEL_COLUMNS)? })
    }

    /// Writes the values of one column from row `first` on.
    pub fn set_column(&mut self, column: usize, first: usize, values: &[f32]) {
        let panel = column / PANEL_COLUMNS;
        let stride = self.stride(panel);
        let start = panel * PANEL_COLUMNS * self.depth + first * stride + column % PANEL_COLUMNS;
        for (target, &value) in self.values[start..].iter_mut().step_by(stride).zip(values) {
            *target = value;
        }
    }

    /// Writes row `k`: one value for each of the first columns.
    #[inline(never)]
    pub fn set_row(&mut self, k: usize, values: &[f32]) {
        let (whole, rest) = values.as_chunks::<PANEL_COLUMNS>();
        let start = |panel: usize, stride: usize| panel * PANEL_COLUMNS * self.depth + k * stride;
        for (panel, values) in whole.iter().enumerate() {
            // Of a fixed size, so that it is four loads and stores and no call.
            let start = start(panel, PANEL_COLUMNS);
            *self.values[start..].first_chunk_mut().expect("a whole row of a panel") = *values;
        }
        if !rest.is_empty() {
            let start = start(whole.len(), self.stride(whole.len()));
            self.values[start..][..rest.len()].copy_from_slice(rest);
        }
    }

    /// How many values each column has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many values a row of results has: whole tiles.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many columns panel `panel` has.
    #[inline(always)]
    fn stride(&self, panel: usize) -> usize {
        PANEL_COLUMNS.min(self.width - panel * PANEL_COLUMNS)
    }

    /// Rows `k` of the panel that begins with `column`, and all that stands behind them; and how far its rows are apart.
    #[inline(always)]
    fn panels(&self, column: usize, k: Range<usize>) -> (&[f32], usize) {
        let stride = self.stride(column / PANEL_COLUMNS);
        (&self.values[column * self.depth + k.start * stride..], stride)
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

/// What is multiplied with columns: a matrix of a row for each row of the results.
#[derive(Debug, Clone, Copy)]
pub enum Left<'a> {
    /// The rows from the given one on.
    Rows(Rows<'a>, usize),
    /// The transpose of rows that lie one after the other: its row `r` is column `r` of them.
    Transposed {
        /// The rows.
        values: &'a [f32],
        /// Values in a row.
        width: usize,
    },
}

impl Left<'_> {
    /// Copies columns `k` of `rows` by tiles, as the kernels read them: of `R` rows, `R` values for each `k`.
    fn pack<V: Vector>(&self, rows: Range<usize>, k: Range<usize>, tiles: &mut [f32]) {
        let mut tiles = tiles;
        for (r, count) in tiles_of(rows.len()) {
            let (tile, rest) = tiles.split_at_mut(count * k.len());
            let first = rows.start + r;
            match (*self, count) {
                (Self::Rows(rows, skip), ROWS) => {
                    let x: [(&[[f32; LANES]], &[f32]); ROWS] =
                        from_fn(|i| rows.row(skip + first + i)[k.clone()].as_chunks());
                    let (quads, tail) = tile.as_chunks_mut::<{ LANES * ROWS }>();
                    for (q, quad) in quads.iter_mut().enumerate() {
                        store(V::transpose(from_fn(|i| V::load(&x[i].0[q]))), quad);
                    }
                    for (k, tile) in tail.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
                        *tile = from_fn(|i| x[i].1[k]);
                    }
                }
                (Self::Transposed { values, width }, ROWS) => {
                    let rows = values[k.start * width..].chunks_exact(width);
                    for (tile, row) in tile.as_chunks_mut::<ROWS>().0.iter_mut().zip(rows) {
                        V::load(quad(row, first)).store(tile);
                    }
                }
                (Self::Rows(rows, skip), _) => {
                    for i in 0..count {
                        let row = &rows.row(skip + first + i)[k.clone()];
                        tile[i..].iter_mut().step_by(count).zip(row).for_each(|(target, &value)| *target = value);
                    }
                }
                (Self::Transposed { values, width }, _) => {
                    for (tile, row) in tile.chunks_exact_mut(count).zip(values[k.start * width..].chunks_exact(width)) {
                        tile.iter_mut().zip(&row[first..]).for_each(|(target, &value)| *target = value);
                    }
                }
            }
            tiles = rest;
        }
    }
}

/// The first row and the number of rows of each tile of so many rows: fours, then what is left.
fn tiles_of(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut r = 0;
    core::iter::from_fn(move || {
        let count = match rows - r {
            0 => return None,
            1 => 1,
            2 | 3 => 2,
            _ => ROWS,
        };
        r += count;
        Some((r - count, count))
    })
}

/// Memory for the rows that [`accumulate`] works on, in the order in which it reads them.
#[derive(Debug)]
pub struct Tiles(Vec<f32>);

impl Tiles {
    /// Room for one block.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(memory::zeros(BLOCK_ROWS * BLOCK_DEPTH)?))
    }
}

/// `out[r] += left[r] · columns[k]` for every row of `out`, each [`Columns::width`] long; with a `seed` of that length,
/// `out[r] = seed + left[r] · columns[k]`.
#[inline(never)]
pub fn accumulate<V: Vector>(
    out: &mut [f32],
    seed: Option<&[f32]>,
    left: Left,
    columns: &Columns,
    k: Range<usize>,
    tiles: &mut Tiles,
) {
    debug_assert!(!k.is_empty());
    if let Left::Rows(rows, _) = left {
        debug_assert_eq!(rows.width, k.len());
    }
    let width = columns.width();
    if let (Left::Rows(rows, first), true) = (left, out.len() == width) {
        return row::<V>(out, seed, rows.row(first), columns, k);
    }
    for (index, out) in out.chunks_mut(BLOCK_ROWS * width).enumerate() {
        let rows = index * BLOCK_ROWS..index * BLOCK_ROWS + out.len() / width;
        let paired = rows.len() / 2 * 2;
        let (even, odd) = out.split_at_mut(paired * width);
        for first in k.clone().step_by(BLOCK_DEPTH) {
            let seed = if first == k.start { seed } else { None };
            let block = first..k.end.min(first + BLOCK_DEPTH);
            let tiles = &mut tiles.0[..rows.len() * block.len()];
            left.pack::<V>(rows.clone(), first - k.start..block.end - k.start, tiles);
            for column in (0..width).step_by(PANEL_COLUMNS) {
                let (panel, stride) = columns.panels(column, block.clone());
                let tiles = &tiles[..paired * block.len()];
                tiled::<V>(even, seed, width, column, tiles, block.len(), panel, stride);
            }
            if !odd.is_empty() {
                row::<V>(odd, seed, &tiles[paired * block.len()..], columns, block);
            }
        }
    }
}

/// Rows in fours, then two, by one panel. A function of its own for LLVM, so that its loops have the registers; wasm-opt
/// puts it where it is called.
#[inline(never)]
#[allow(clippy::too_many_arguments)] // a product's matrices as they lie
fn tiled<V: Vector>(
    out: &mut [f32],
    seed: Option<&[f32]>,
    width: usize,
    column: usize,
    tiles: &[f32],
    depth: usize,
    panel: &[f32],
    stride: usize,
) {
    let seed = seed.map(|seed| &seed[column..]);
    for (rows, x) in out.chunks_mut(ROWS * width).zip(tiles.chunks(ROWS * depth)) {
        let rows = &mut rows[column..];
        if x.len() == ROWS * depth {
            for half in (0..stride).step_by(COLUMNS) {
                let seed = seed.map(|seed| &seed[half..]);
                tile::<V, ROWS, 1, 2>(&mut rows[half..], seed, width, x, &panel[half..], 0, stride);
            }
        } else if stride == PANEL_COLUMNS {
            tile::<V, 2, 1, 4>(rows, seed, width, x, panel, 0, stride);
        } else {
            tile::<V, 2, 1, 2>(rows, seed, width, x, panel, 0, stride);
        }
    }
}

/// One row by all columns, two panels at a time.
#[inline(never)]
fn row<V: Vector>(out: &mut [f32], seed: Option<&[f32]>, x: &[f32], columns: &Columns, k: Range<usize>) {
    let width = out.len();
    let mut column = 0;
    while column < width {
        let (panels, stride) = columns.panels(column, k.clone());
        let out = &mut out[column..];
        let seed = seed.map(|seed| &seed[column..]);
        column += if width - column >= 2 * PANEL_COLUMNS {
            tile::<V, 1, 2, 4>(out, seed, 0, x, panels, columns.depth * PANEL_COLUMNS, PANEL_COLUMNS);
            2 * PANEL_COLUMNS
        } else if stride == PANEL_COLUMNS {
            tile::<V, 1, 1, 4>(out, seed, 0, x, panels, 0, PANEL_COLUMNS);
            PANEL_COLUMNS
        } else {
            tile::<V, 1, 1, 2>(out, seed, 0, x, panels, 0, COLUMNS);
            COLUMNS
        };
    }
}

/// Adds to `R` rows of `out`, `width` apart, or to the `seed`, at the first `N` vectors of `P` panels, `apart` values from
/// one to the next.
#[inline(always)]
fn tile<V: Vector, const R: usize, const P: usize, const N: usize>(
    out: &mut [f32],
    seed: Option<&[f32]>,
    width: usize,
    x: &[f32],
    w: &[f32],
    apart: usize,
    stride: usize,
) {
    let sums = match seed {
        Some(seed) => {
            let row = from_fn(|p| load(&seed[p * PANEL_COLUMNS..]));
            from_fn(|_| row)
        }
        None => from_fn(|r| from_fn(|p| load(&out[r * width + p * PANEL_COLUMNS..]))),
    };
    let sums: [[[V; N]; P]; R] = add_products(sums, x, w, apart, stride);
    for (r, sums) in sums.into_iter().enumerate() {
        for (p, sums) in sums.into_iter().enumerate() {
            store(sums, &mut out[r * width + p * PANEL_COLUMNS..]);
        }
    }
}

/// The first `N` vectors of `values`.
#[inline(always)]
pub fn load<V: Vector, const N: usize>(values: &[f32]) -> [V; N] {
    let values = &values[..N * LANES];
    from_fn(|n| V::load(quad(values, n * LANES)))
}

/// Writes `N` vectors to the start of `values`.
#[inline(always)]
pub fn store<V: Vector, const N: usize>(vectors: [V; N], values: &mut [f32]) {
    let values = &mut values[..N * LANES];
    for (n, vector) in vectors.into_iter().enumerate() {
        vector.store(quad_mut(values, n * LANES));
    }
}
