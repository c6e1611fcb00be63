//! The innermost loops of everything, once for all vectors. They run on pointers: with indices V8 spends a tenth more on
//! them.

#![allow(unsafe_code)]

use super::{LANES, Vector};
use core::array::from_fn;

/// Columns of a panel: what the weights of one k take in memory is a cache line.
pub const COLUMNS: usize = 4 * LANES;
/// Rows of a tile of [`add_tiles`].
pub const MR: usize = 4;

/// `R` rows of sums for `P` panels, of `N` vectors of each. `R * P * N` is at most 8: the sums then stay in x86's sixteen
/// registers beside the operands.
pub type Sums<V, const R: usize, const P: usize, const N: usize> = [[[V; N]; P]; R];

/// `sums[r][p][n] + Σ_k x[k][r] * w[p][k][n]`, `k` ascending: one chain of sums in each lane.
///
/// `x` holds `R` values for each `k`. `w` holds `P` panels, `panel_len` values from one to the next.
#[inline(always)]
pub fn add_products<V: Vector, const R: usize, const P: usize>(
    mut sums: Sums<V, R, P, 4>,
    x: &[f32],
    w: &[f32],
    panel_len: usize,
) -> Sums<V, R, P, 4> {
    let depth = x.len() / R;
    let len =
        (P - 1).checked_mul(panel_len).zip(depth.checked_mul(COLUMNS)).and_then(|(last, len)| last.checked_add(len));
    check(len.is_some_and(|len| w.len() >= len));
    // SAFETY: x has R values for each of `depth` k, and each panel COLUMNS of them within w, as asserted.
    unsafe {
        let (x, w) = (&mut x.as_ptr(), &mut from_fn(|p| w.as_ptr().add(p * panel_len)));
        // One row has little to do for each k: there two of them make an iteration.
        if R == 1 {
            add_all::<V, R, P, 4, 2>(&mut sums, x, w, depth / 2);
            add_all::<V, R, P, 4, 1>(&mut sums, x, w, depth % 2);
        } else {
            add_all::<V, R, P, 4, 1>(&mut sums, x, w, depth);
        }
    }
    sums
}

/// The same for tiles of [`MR`] rows by one panel, in two halves of it: adds to the rows of `out`, `stride` values apart, or to
/// `init`, at the first [`COLUMNS`] of each. `x` holds the tiles one after the other, `MR` values for each of `depth` k.
#[inline(never)]
pub fn add_tiles<V: Vector>(out: &mut [f32], stride: usize, init: Option<&[f32]>, x: &[f32], depth: usize, w: &[f32]) {
    let tiles = x.len() / (MR * depth);
    if tiles == 0 {
        return;
    }
    let last = (MR * tiles - 1).checked_mul(stride).and_then(|last| last.checked_add(COLUMNS));
    check(last.is_some_and(|last| out.len() >= last) && stride >= COLUMNS);
    check(w.len() / COLUMNS >= depth && init.is_none_or(|init| init.len() >= COLUMNS));
    // SAFETY: each tile has four rows of out, of COLUMNS values, and four values of x for each k; w has COLUMNS for each k,
    // as asserted.
    unsafe {
        let (mut out, mut x) = (out.as_mut_ptr(), x.as_ptr());
        let end = x.add(tiles * MR * depth);
        while x != end {
            for half in [0, COLUMNS / 2] {
                let load = |row: *const f32| from_fn(|n| V::load(&*row.add(half + n * LANES).cast()));
                let mut sums: Sums<V, MR, 1, 2> = match init {
                    Some(init) => [[load(init.as_ptr())]; MR],
                    None => from_fn(|r| [load(out.add(r * stride))]),
                };
                add_all::<V, MR, 1, 2, 1>(&mut sums, &mut { x }, &mut [w.as_ptr().add(half)], depth);
                for (r, [sums]) in sums.into_iter().enumerate() {
                    for (n, sum) in sums.into_iter().enumerate() {
                        sum.store(&mut *out.add(r * stride + half + n * LANES).cast());
                    }
                }
            }
            out = out.wrapping_add(MR * stride); // beyond the end, after the last tile
            x = x.add(MR * depth);
        }
    }
}

/// Panics unless the lengths are those that the pointers need. An `assert!` would carry the text of its condition into the module.
#[inline(always)]
fn check(lengths_fit: bool) {
    if !lengths_fit {
        panic!();
    }
}

/// Adds the products of `times * K` k, `K` in an iteration of the loop, and moves the pointers behind them.
///
/// # Safety
/// `x` has `R` values to read for each of the `times * K` k. Each pointer of `w` has, for each of these k, `N` vectors to read; from
/// one k to the next are [`COLUMNS`] values.
#[inline(always)]
unsafe fn add_all<V: Vector, const R: usize, const P: usize, const N: usize, const K: usize>(
    sums: &mut Sums<V, R, P, N>,
    x: &mut *const f32,
    w: &mut [*const f32; P],
    times: usize,
) {
    const { assert!(K == 1 || K == 2) }
    // SAFETY: the caller's promise.
    unsafe {
        let end = x.add(R * K * times);
        while *x != end {
            add_one::<V, R, P, N>(sums, *x, w, 0);
            if K == 2 {
                add_one::<V, R, P, N>(sums, *x, w, 1);
            }
            *x = x.add(R * K);
            // After the last k these may be beyond the end.
            w.iter_mut().for_each(|w| *w = w.wrapping_add(COLUMNS * K));
        }
    }
}

/// Adds the products of the `k`-th k from here.
///
/// # Safety
/// As for [`add_all`].
#[inline(always)]
unsafe fn add_one<V: Vector, const R: usize, const P: usize, const N: usize>(
    sums: &mut Sums<V, R, P, N>,
    x: *const f32,
    w: &[*const f32; P],
    k: usize,
) {
    for (p, w) in w.iter().enumerate() {
        // SAFETY: the caller's promise.
        let row: [V; N] = from_fn(|n| V::load(unsafe { &*w.add(k * COLUMNS + n * LANES).cast() }));
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let value = V::splat(unsafe { *x.add(k * R + r) });
            for (sum, &w) in sums[p].iter_mut().zip(&row) {
                *sum = sum.add_product(value, w);
            }
        }
    }
}
