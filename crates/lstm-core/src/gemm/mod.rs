//! Products of matrices, added to what is there: every sum of the library that is not one of activations.
//!
//! The names are those of BLIS: the left factor A is packed by tiles of [`crate::simd::MR`] rows ([`PackedA`], before each use), the right
//! factor B by panels of [`COLUMNS`] columns ([`PackedB`], once for the weights).
//!
//! A tile of sums in registers is four rows by eight columns. The rows that are left, and all rows where the k do not come in
//! fours, run in tiles of two by sixteen or one by 32. A tile has at most eight accumulators, and every tile runs an output's
//! chain of sums in the same order. Blocks keep what a tile reads in the first cache: a panel 512 rows deep is 32 kB, and a
//! column of it is read by every row of a block.

pub mod narrow;
mod packed_a;
mod packed_b;

pub use packed_a::{Lhs, PackedA, Rows};
pub use packed_b::{PackedB, whole_panels};

use crate::simd::{COLUMNS, LANES, MR, Vector, add_products, add_tiles, load, store};
use core::array::from_fn;
use core::ops::Range;
use packed_a::{BLOCK_DEPTH, BLOCK_ROWS, rows_in_mr};

/// `out[r] += lhs[r] · columns of rhs` for every row of `out`; with an `init`, `out[r] = init + lhs[r] · columns of rhs`.
///
/// A row of `out` has [`PackedB::row_len`] values, as `init` has, and begins `stride` values after the row before it.
#[inline(never)]
pub fn accumulate<V: Vector>(
    out: &mut [f32],
    stride: usize,
    init: Option<&[f32]>,
    lhs: Lhs,
    rhs: &PackedB,
    packed_a: &mut PackedA,
) {
    let depth = rhs.depth();
    debug_assert!(depth > 0);
    if let Lhs::Rows(rows, _) = lhs {
        debug_assert_eq!(rows.row_len, depth);
    }
    if rhs.is_narrow() {
        return narrow::accumulate::<V>(out, stride, init, lhs, rhs, packed_a);
    }
    if let (Lhs::Rows(rows, first), true) = (lhs, (1..=stride).contains(&out.len())) {
        return one_row::<V>(out, init, rows.row(first), rhs, 0);
    }
    for (index, out) in out.chunks_mut(BLOCK_ROWS * stride).enumerate() {
        let rows = index * BLOCK_ROWS..index * BLOCK_ROWS + out.len().div_ceil(stride);
        let paired = rows.len() / 2 * 2;
        let (even, odd) = out.split_at_mut((paired * stride).min(out.len()));
        for block in blocks_of(rows.len(), depth) {
            let init = if block.start == 0 { init } else { None };
            let packed_a = &mut packed_a.0[..rows.len() * block.len()];
            lhs.pack::<V>(rows.clone(), block.clone(), packed_a);
            let (even_rows, odd_row) = packed_a.split_at(paired * block.len());
            if paired > 0 {
                for column in (0..rhs.row_len()).step_by(COLUMNS) {
                    let init = init.map(|init| &init[column..]);
                    let panel = rhs.panels(column, block.start);
                    rows_by_panel::<V>(&mut even[column..], stride, init, even_rows, block.len(), panel);
                }
            }
            if !odd.is_empty() {
                one_row::<V>(odd, init, odd_row, rhs, block.start);
            }
        }
    }
}

/// The parts of `depth` that are multiplied at once: of up to [`BLOCK_DEPTH`], and whole fours as far as they go, if there are
/// rows for a tile of [`MR`], which need fours.
fn blocks_of(rows: usize, depth: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    core::iter::from_fn(move || {
        let most = (depth - start).min(BLOCK_DEPTH);
        let rest = if rows < MR || most < LANES { 0 } else { most % LANES };
        let len = most - rest;
        start += len;
        (len > 0).then_some(start - len..start)
    })
}

/// Packed rows, an even number of them, by one panel.
#[inline(never)]
fn rows_by_panel<V: Vector>(
    out: &mut [f32],
    stride: usize,
    init: Option<&[f32]>,
    packed_a: &[f32],
    depth: usize,
    panel: &[f32],
) {
    let in_mr = rows_in_mr(packed_a.len() / depth, depth);
    let (tiles, pairs) = packed_a.split_at(in_mr * depth);
    add_tiles::<V>(out, stride, init, tiles, depth, panel);
    for (index, x) in pairs.chunks_exact(2 * depth).enumerate() {
        tile::<V, 2, 1>(&mut out[(in_mr + 2 * index) * stride..], init, stride, x, panel, 0);
    }
}

/// One row by all columns from row `k` of `rhs` on, two panels at a time.
#[inline(never)]
fn one_row<V: Vector>(out: &mut [f32], init: Option<&[f32]>, x: &[f32], rhs: &PackedB, k: usize) {
    let row_len = rhs.row_len();
    let mut column = 0;
    while column < row_len {
        let panels = rhs.panels(column, k);
        let out = &mut out[column..];
        let init = init.map(|init| &init[column..]);
        column += if row_len - column >= 2 * COLUMNS {
            tile::<V, 1, 2>(out, init, 0, x, panels, rhs.depth() * COLUMNS);
            2 * COLUMNS
        } else {
            tile::<V, 1, 1>(out, init, 0, x, panels, 0);
            COLUMNS
        };
    }
}

/// Adds to `R` rows of `out`, `stride` apart, or to the `init`, at the first columns: those of `P` panels, `panel_len` values
/// from one to the next.
#[inline(always)]
fn tile<V: Vector, const R: usize, const P: usize>(
    out: &mut [f32],
    init: Option<&[f32]>,
    stride: usize,
    x: &[f32],
    panels: &[f32],
    panel_len: usize,
) {
    let sums = match init {
        Some(init) => {
            let row = from_fn(|p| load(&init[p * COLUMNS..]));
            from_fn(|_| row)
        }
        None => from_fn(|r| from_fn(|p| load(&out[r * stride + p * COLUMNS..]))),
    };
    let sums = add_products::<V, R, P>(sums, x, panels, panel_len);
    for (r, sums) in sums.into_iter().enumerate() {
        for (p, sums) in sums.into_iter().enumerate() {
            store(sums, &mut out[r * stride + p * COLUMNS..]);
        }
    }
}
