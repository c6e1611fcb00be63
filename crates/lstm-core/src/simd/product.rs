//! The innermost loop of everything, once for all vectors. It runs on pointers: with indices V8 spends a tenth more on it.

#![allow(unsafe_code)]

use super::{LANES, Vector};
use core::array::from_fn;

/// `sums[r][p][n] + Σ_k x[k][r] * w[p][k][n]`, `k` ascending: one chain of sums in each lane.
///
/// `x` holds `R` values for each `k`. `w` holds `P` matrices, `apart` values from one to the next; each begins with `N`
/// vectors for each `k`, `stride` values apart, and goes on for `stride` values from the last of them, so that a step past
/// it stays within. `R * P * N` is at most 8: the sums then stay in x86's sixteen registers beside the operands. One `k` an
/// iteration and few distinct offsets are what V8 compiles best.
#[inline(always)]
pub fn add_products<V: Vector, const R: usize, const P: usize, const N: usize>(
    mut sums: [[[V; N]; P]; R],
    x: &[f32],
    w: &[f32],
    apart: usize,
    stride: usize,
) -> [[[V; N]; P]; R] {
    let depth = x.len() / R;
    let len = depth.checked_mul(stride).and_then(|len| len.checked_add((P - 1) * apart));
    assert!(stride >= N * LANES && len.is_some_and(|len| w.len() >= len));
    let mut x = x.as_ptr();
    // SAFETY: x has R values at each of `depth` places R apart. Each matrix has N vectors at each of as many places
    // `stride` apart, and `stride` values from the last of them, within w, as asserted.
    unsafe {
        let end = x.add(R * depth);
        let mut w: [*const f32; P] = from_fn(|p| w.as_ptr().add(p * apart));
        while x != end {
            for p in 0..P {
                let row: [V; N] = from_fn(|n| V::load(&*w[p].add(n * LANES).cast()));
                for r in 0..R {
                    let value = V::splat(*x.add(r));
                    for n in 0..N {
                        sums[r][p][n] = sums[r][p][n].add_product(value, row[n]);
                    }
                }
            }
            x = x.add(R);
            for w in &mut w {
                *w = w.add(stride);
            }
        }
    }
    sums
}
