//! The innermost loop of everything, once for all vectors. It runs on pointers: with indices V8 spends a tenth more on it.

#![allow(unsafe_code)]

use super::{LANES, Vector};
use core::array::from_fn;

/// `R` rows of sums for `P` matrices of `N` vectors' width.
pub type Sums<V, const R: usize, const P: usize, const N: usize> = [[[V; N]; P]; R];

/// `sums[r][p][n] + Σ_k x[k][r] * w[p][k][n]`, `k` ascending: one chain of sums in each lane.
///
/// `x` holds `R` values for each `k`. `w` holds `P` matrices, `apart` values from one to the next; each begins with `N`
/// vectors for each `k`, `stride` values apart, and goes on for `stride` values from the last of them, so that a step past
/// it stays within. `R * P * N` is at most 8: the sums then stay in x86's sixteen registers beside the operands.
///
/// Few pointers and few distinct offsets are what V8 compiles best. One row has little to do for each `k`: there two of
/// them make an iteration, which is 6 % in V8 11 and 12 (Node 20 and 22); with more rows it would cost a quarter.
#[inline(always)]
pub fn add_products<V: Vector, const R: usize, const P: usize, const N: usize>(
    mut sums: Sums<V, R, P, N>,
    x: &[f32],
    w: &[f32],
    apart: usize,
    stride: usize,
) -> Sums<V, R, P, N> {
    let depth = x.len() / R;
    let last = (P - 1).checked_mul(apart);
    let len = depth.checked_mul(stride).zip(last).and_then(|(len, last)| len.checked_add(last));
    assert!(stride >= N * LANES && len.is_some_and(|len| w.len() >= len));
    let mut x = x.as_ptr();
    // SAFETY: x has R values at each of `depth` places R apart. Each matrix has N vectors at each of as many places
    // `stride` apart, and `stride` values from the last of them, within w, as asserted.
    unsafe {
        let end = x.add(R * depth);
        let mut w: [*const f32; P] = from_fn(|p| w.as_ptr().add(p * apart));
        if R == 1 {
            let even = x.add(depth / 2 * 2);
            while x != even {
                add_one(&mut sums, x, &w);
                add_one(&mut sums, x.add(1), &from_fn(|p| w[p].add(stride)));
                x = x.add(2);
                for w in &mut w {
                    *w = w.add(2 * stride);
                }
            }
        }
        while x != end {
            add_one(&mut sums, x, &w);
            x = x.add(R);
            for w in &mut w {
                *w = w.add(stride);
            }
        }
    }
    sums
}

/// The products of one `k`.
///
/// # Safety
/// `x` has R values and each of `w` has N vectors to read.
#[inline(always)]
unsafe fn add_one<V: Vector, const R: usize, const P: usize, const N: usize>(
    sums: &mut Sums<V, R, P, N>,
    x: *const f32,
    w: &[*const f32; P],
) {
    for (p, w) in w.iter().enumerate() {
        // SAFETY: the caller's promise.
        let row: [V; N] = from_fn(|n| V::load(unsafe { &*w.add(n * LANES).cast() }));
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let value = V::splat(unsafe { *x.add(r) });
            for (sum, &w) in sums[p].iter_mut().zip(&row) {
                *sum = sum.add_product(value, w);
            }
        }
    }
}
