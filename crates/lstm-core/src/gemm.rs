//! The sums: rows of values times packed columns, added to what is there.
//!
//! A tile of sums in registers is four rows by eight columns, or two by sixteen or one by 32 for the rows that are left,
//! and where the k do not come in fours. Each keeps up to eight accumulators, and each runs an output's chain of sums in
//! the same order. Blocks keep what a tile
//! reads in the first cache: a panel 512 rows deep is 32 kB, and a column of it is read by every row of a block.

use crate::simd::{COLUMNS, FOUR, LANES, Vector, add_fours, add_products, quad, quad_mut};
use crate::{Error, memory};
use alloc::vec::Vec;
use core::array::from_fn;
use core::ops::Range;

/// Rows of values and of columns that are multiplied at once.
const BLOCK_ROWS: usize = 16;
const BLOCK_DEPTH: usize = 512;

/// A matrix by panels of [`COLUMNS`] columns, within a panel row by row. Columns beyond the last are 0.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    depth: usize,
    width: usize,
    values: Vec<f32>,
}

impl Columns {
    /// `columns` columns of `depth` zeros.
    pub fn zeros(columns: usize, depth: usize) -> Result<Self, Error> {
        memory::check(Self::values(columns, depth))?;
        let width = whole_panels(columns);
        Ok(Self { depth, width, values: memory::zeros(width * depth)? })
    }

    /// How many values `columns` columns of `depth` take.
    pub fn values(columns: usize, depth: usize) -> u64 {
        memory::product(columns.div_ceil(COLUMNS).saturating_mul(COLUMNS), depth)
    }

    /// The memory, to make room in it for another shape.
    pub fn memory(&mut self) -> &mut Vec<f32> {
        &mut self.values
    }

    /// Takes another shape, for which there is room. What the columns hold is anything, also those beyond the last.
    pub fn reshape(&mut self, columns: usize, depth: usize) {
        (self.depth, self.width) = (depth, whole_panels(columns));
        debug_assert!(self.values.len() >= self.width * depth);
    }

    /// Writes the values of one column from row `first` on. Returns whether any bit of them is new.
    pub fn set_column(&mut self, column: usize, first: usize, values: &[f32]) -> bool {
        let start = (column / COLUMNS * self.depth + first) * COLUMNS + column % COLUMNS;
        let mut differences = 0;
        for (target, &value) in self.values[start..].iter_mut().step_by(COLUMNS).zip(values) {
            differences |= target.to_bits() ^ value.to_bits();
            *target = value;
        }
        differences != 0
    }

    /// Writes row `k`: one value for each of the first columns.
    #[inline(never)]
    pub fn set_row(&mut self, k: usize, values: &[f32]) {
        let (whole, rest) = values.as_chunks::<COLUMNS>();
        let start = |panel: usize| (panel * self.depth + k) * COLUMNS;
        for (panel, values) in whole.iter().enumerate() {
            let start = start(panel);
            // Of a fixed size, so that it is four loads and stores and no call.
            *self.values[start..].first_chunk_mut().expect("a whole row of a panel") = *values;
        }
        if !rest.is_empty() {
            let start = start(whole.len());
            self.values[start..][..rest.len()].copy_from_slice(rest);
        }
    }

    /// How many values each column has.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// How many values a row of results has: whole panels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows from `k` on of the panel that begins with `column`, and all that stands behind them.
    #[inline(always)]
    fn panels(&self, column: usize, k: usize) -> &[f32] {
        &self.values[column * self.depth + k * COLUMNS..]
    }
}

/// Columns in as many panels as hold `columns`.
pub fn whole_panels(columns: usize) -> usize {
    columns.next_multiple_of(COLUMNS)
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
        for (r, count) in tiles_of(rows.len(), k.len()) {
            let (tile, rest) = tiles.split_at_mut(count * k.len());
            let first = rows.start + r;
            match (*self, count) {
                (Self::Rows(rows, skip), FOUR) => {
                    let x: [&[[f32; LANES]]; FOUR] = from_fn(|i| rows.row(skip + first + i)[k.clone()].as_chunks().0);
                    for (q, quads) in tile.as_chunks_mut::<{ LANES * FOUR }>().0.iter_mut().enumerate() {
                        store(V::transpose(from_fn(|i| V::load(&x[i][q]))), quads);
                    }
                }
                (Self::Transposed { values, width }, FOUR) => {
                    let rows = values[k.start * width..].chunks_exact(width);
                    for (tile, row) in tile.as_chunks_mut::<FOUR>().0.iter_mut().zip(rows) {
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

/// The parts of `k` that are multiplied at once: of up to [`BLOCK_DEPTH`], and a whole number of fours as far as they go.
fn blocks_of(k: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = k.start;
    core::iter::from_fn(move || {
        let left = k.end - start;
        let depth = if left < FOUR { left } else { left.min(BLOCK_DEPTH) / FOUR * FOUR };
        start += depth;
        (depth > 0).then_some(start - depth..start)
    })
}

/// How many of so many rows are in tiles of four: all but what is left, if the k come in fours. The others are in twos, and
/// the last may be alone.
fn rows_in_fours(rows: usize, depth: usize) -> usize {
    if depth.is_multiple_of(FOUR) { rows / FOUR * FOUR } else { 0 }
}

/// The first row and the number of rows of each tile.
fn tiles_of(rows: usize, depth: usize) -> impl Iterator<Item = (usize, usize)> {
    let in_fours = rows_in_fours(rows, depth);
    let fours = (0..in_fours).step_by(FOUR).map(|r| (r, FOUR));
    fours.chain((in_fours..rows).step_by(2).map(move |r| (r, (rows - r).min(2))))
}

/// Memory for the rows that [`accumulate`] works on, in the order in which it reads them. It holds nothing between two
/// calls, so that all objects of a thread may share one.
#[derive(Debug)]
pub struct Tiles([f32; BLOCK_ROWS * BLOCK_DEPTH]);

impl Tiles {
    /// Room for one block.
    pub const fn new() -> Self {
        Self([0.0; BLOCK_ROWS * BLOCK_DEPTH])
    }
}

impl Default for Tiles {
    fn default() -> Self {
        Self::new()
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
        for block in blocks_of(k.clone()) {
            let seed = if block.start == k.start { seed } else { None };
            let tiles = &mut tiles.0[..rows.len() * block.len()];
            left.pack::<V>(rows.clone(), block.start - k.start..block.end - k.start, tiles);
            let (paired_tiles, odd_tile) = tiles.split_at(paired * block.len());
            if paired > 0 {
                for column in (0..width).step_by(COLUMNS) {
                    let seed = seed.map(|seed| &seed[column..]);
                    let panel = columns.panels(column, block.start);
                    tiled::<V>(&mut even[column..], width, seed, paired_tiles, block.len(), panel);
                }
            }
            if !odd.is_empty() {
                row::<V>(odd, seed, odd_tile, columns, block);
            }
        }
    }
}

/// Rows in fours and twos by one panel.
#[inline(never)]
fn tiled<V: Vector>(out: &mut [f32], width: usize, seed: Option<&[f32]>, tiles: &[f32], depth: usize, panel: &[f32]) {
    let fours = rows_in_fours(tiles.len() / depth, depth);
    let (four, two) = tiles.split_at(fours * depth);
    add_fours::<V>(out, width, seed, four, depth, panel);
    for (index, x) in two.chunks_exact(2 * depth).enumerate() {
        tile::<V, 2, 1>(&mut out[(fours + 2 * index) * width..], seed, width, x, panel, 0);
    }
}

/// One row by all columns, two panels at a time.
#[inline(never)]
fn row<V: Vector>(out: &mut [f32], seed: Option<&[f32]>, x: &[f32], columns: &Columns, k: Range<usize>) {
    let width = out.len();
    let mut column = 0;
    while column < width {
        let panels = columns.panels(column, k.start);
        let out = &mut out[column..];
        let seed = seed.map(|seed| &seed[column..]);
        column += if width - column >= 2 * COLUMNS {
            tile::<V, 1, 2>(out, seed, 0, x, panels, columns.depth * COLUMNS);
            2 * COLUMNS
        } else {
            tile::<V, 1, 1>(out, seed, 0, x, panels, 0);
            COLUMNS
        };
    }
}

/// Adds to `R` rows of `out`, `width` apart, or to the `seed`, at the first columns: those of `P` panels, `apart` values
/// from one to the next.
#[inline(always)]
fn tile<V: Vector, const R: usize, const P: usize>(
    out: &mut [f32],
    seed: Option<&[f32]>,
    width: usize,
    x: &[f32],
    panels: &[f32],
    apart: usize,
) {
    let sums = match seed {
        Some(seed) => {
            let row = from_fn(|p| load(&seed[p * COLUMNS..]));
            from_fn(|_| row)
        }
        None => from_fn(|r| from_fn(|p| load(&out[r * width + p * COLUMNS..]))),
    };
    let sums = add_products::<V, R, P>(sums, x, panels, apart);
    for (r, sums) in sums.into_iter().enumerate() {
        for (p, sums) in sums.into_iter().enumerate() {
            store(sums, &mut out[r * width + p * COLUMNS..]);
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
