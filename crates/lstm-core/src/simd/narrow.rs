//! The innermost loops of products of integers, like those of `product.rs` for float32.
//!
//! A word of 32 bits of the left factor is two int16 of one row and two k that follow each other; an element of the right factor
//! two integers of one column and the same k. Sums are int32 and become float32 only when all products of a block of k are in
//! them: integers have no order of sums, so all tiles, batches and machines have the same bits.

#![allow(unsafe_code)]

use super::{COLUMNS, LANES, MR, Vector};
use core::array::from_fn;

/// Words come in so many: their number is padded with zeros.
pub const WORDS: usize = 2;

/// How many words hold the integers of so many k.
pub const fn words(depth: usize) -> usize {
    depth.div_ceil(2 * WORDS) * WORDS
}

/// The weights of one column and two k.
pub trait Pair: Copy {
    /// Those of four columns, as int16.
    fn load<V: Vector>(source: &[Self; LANES]) -> V;
}

impl Pair for [i8; 2] {
    #[inline(always)]
    fn load<V: Vector>(source: &[Self; LANES]) -> V {
        V::load_i8(source)
    }
}

impl Pair for [i16; 2] {
    #[inline(always)]
    fn load<V: Vector>(source: &[Self; LANES]) -> V {
        V::load_i16(source)
    }
}

/// Integers of rows or columns, and what each row's or column's are multiplied with to be its values.
#[derive(Debug, Clone, Copy)]
pub struct Scaled<'a> {
    /// The bits of the integers. Of rows: tiles of [`MR`] rows, a tile's words side by side, then the rows that are left one by one.
    /// Of columns: panels of [`COLUMNS`].
    pub integers: &'a [f32],
    /// One for each row or column.
    pub scales: &'a [f32],
}

/// `out[r][n] = start[r][n] + float32(Σ_k x[k][r] w[k][n]) * x.scales[r] * w.scales[n]`, where `start` is `init` for every row, or
/// what is in `out`. A row of `out` has `row_len` values, whole panels, and begins `stride` values after the row before it. Of each
/// panel of `w`, which begin `panel_len` pairs apart, `words` rows of pairs are multiplied, a multiple of [`WORDS`]. A pair has
/// `pair_bytes`: 2 for int8, 4 for int16.
#[inline(never)]
pub fn add_narrow<V: Vector>(
    out: &mut [f32],
    (row_len, stride): (usize, usize),
    init: Option<&[f32]>,
    x: Scaled,
    w: Scaled,
    (panel_len, words, pair_bytes): (usize, usize, usize),
) {
    let (rows, panels) = (x.integers.len() / words, row_len / COLUMNS);
    let fits = rows > 0 && panels > 0 && stride >= row_len && out.len() >= (rows - 1) * stride + row_len;
    let init_fits = init.is_none_or(|init| init.len() >= row_len);
    let w_len = ((panels - 1) * panel_len + words * COLUMNS) * pair_bytes;
    let w_fits = size_of_val(w.integers) >= w_len && w.scales.len() >= row_len;
    if !(fits && init_fits && w_fits && words.is_multiple_of(WORDS) && x.scales.len() >= rows) {
        panic!();
    }
    // SAFETY: `out` has `rows` rows of `row_len` values, `init` one; `x` has `words` for each row; each panel of `w` has as many pairs
    // for each of its columns; and each row and column has a scale, as asserted.
    unsafe {
        for panel in 0..panels {
            let column = panel * COLUMNS;
            let out = out.as_mut_ptr().add(column);
            let mut tile = Tile {
                out,
                stride,
                start: init.map_or(out.cast_const(), |init| init.as_ptr().add(column)),
                start_stride: if init.is_some() { 0 } else { stride },
                x: x.integers.as_ptr(),
                w: w.integers.as_ptr().cast::<u8>().add(panel * panel_len * pair_bytes),
                pair_bytes,
                words,
                row_scales: x.scales.as_ptr(),
                column_scales: w.scales.as_ptr().add(column),
            };
            for _ in 0..rows / MR {
                for column in [0, COLUMNS / 2] {
                    tile.add::<V, MR, 2>(column);
                }
                tile.next(MR);
            }
            for _ in 0..rows % MR {
                tile.add::<V, 1, 4>(0);
                tile.next(1);
            }
        }
    }
}

/// Some rows by one panel.
struct Tile {
    out: *mut f32,
    stride: usize,
    /// What the sums are added to, a row of it for each row.
    start: *const f32,
    start_stride: usize,
    x: *const f32,
    w: *const u8,
    pair_bytes: usize,
    words: usize,
    row_scales: *const f32,
    column_scales: *const f32,
}

impl Tile {
    /// Goes on to the rows behind `rows` of them.
    #[inline(always)]
    fn next(&mut self, rows: usize) {
        self.out = self.out.wrapping_add(rows * self.stride);
        self.start = self.start.wrapping_add(rows * self.start_stride);
        self.x = self.x.wrapping_add(rows * self.words);
        self.row_scales = self.row_scales.wrapping_add(rows);
    }

    /// The products of `R` rows and of `N` vectors of columns from `column` of the panel on.
    ///
    /// # Safety
    /// Every pointer has what is read and written: see [`add_narrow`].
    #[inline(always)]
    unsafe fn add<V: Vector, const R: usize, const N: usize>(&self, column: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let w = self.w.add(column * self.pair_bytes);
            let sums: [[V; N]; R] = if self.pair_bytes == size_of::<[i8; 2]>() {
                products::<V, [i8; 2], R, N>(self.x, w.cast(), self.words)
            } else {
                products::<V, [i16; 2], R, N>(self.x, w.cast(), self.words)
            };
            let scales: [V; N] = from_fn(|n| V::load(&*self.column_scales.add(column + n * LANES).cast()));
            for (r, sums) in sums.into_iter().enumerate() {
                let row_scale = V::splat(*self.row_scales.add(r));
                for (n, sum) in sums.into_iter().enumerate() {
                    let at = column + n * LANES;
                    let start = V::load(&*self.start.add(r * self.start_stride + at).cast());
                    let out = &mut *self.out.add(r * self.stride + at).cast();
                    // In this order no factor is beyond the range of float32 where the product is within.
                    start.add_product(sum.int_to_float() * row_scale, scales[n]).store(out);
                }
            }
        }
    }
}

/// The sums of all products of `R` rows with `N` vectors of columns.
///
/// # Safety
/// `x` has `R` words to read for each of `words`, and `w` pairs for `N` vectors; from one word to the next are [`COLUMNS`] pairs.
#[inline(always)]
unsafe fn products<V: Vector, P: Pair, const R: usize, const N: usize>(
    mut x: *const f32,
    mut w: *const P,
    words: usize,
) -> [[V; N]; R] {
    let mut sums = [[V::splat(0.0); N]; R];
    // One row has little to do for each word: there two of them make an iteration.
    let unroll = if R == 1 { WORDS } else { 1 };
    // SAFETY: the caller's promise.
    unsafe {
        let end = x.add(R * words);
        while x != end {
            for word in 0..unroll {
                let weights: [V; N] = from_fn(|n| P::load(&*w.add(word * COLUMNS + n * LANES).cast()));
                for (r, sums) in sums.iter_mut().enumerate() {
                    let pair = V::splat(*x.add(word * R + r));
                    for (sum, &weights) in sums.iter_mut().zip(&weights) {
                        *sum = sum.add_dot(pair, weights);
                    }
                }
            }
            x = x.add(R * unroll);
            w = w.wrapping_add(COLUMNS * unroll); // beyond the end, after the last word
        }
    }
    sums
}
