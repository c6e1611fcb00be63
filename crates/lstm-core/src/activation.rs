//! σ and tanh of four lanes, within 4 units in the last place (`tests/activation.rs` sweeps them).
//!
//! Both reduce `e^x = 2^n e^r` with `n = round(x / ln 2)` and |r| <= ln(2) / 2, the product `n ln 2` subtracted in two
//! steps (Cody and Waite 1980) with the constants and the degree 5 polynomial of Cephes' `expf` (S. Moshier,
//! single/expf.c): `e^r ≈ 1 + r + r² p(r)`.

use crate::simd::{ROUNDER, Vector};

const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// The leading bits of ln 2: few enough that `n * LN2_HIGH` is exact.
#[allow(clippy::excessive_precision)]
const LN2_HIGH: f32 = 0.693_359_375;
#[allow(clippy::excessive_precision)]
const LN2_LOW: f32 = -2.121_944_40e-4;
/// p(r), highest power first, with the digits that Cephes has.
#[allow(clippy::excessive_precision)]
const P: [f32; 6] = [
    1.987_569_150_0e-4,
    1.398_199_950_7e-3,
    8.333_451_907_3e-3,
    4.166_579_589_4e-2,
    1.666_666_545_9e-1,
    5.000_000_120_1e-1,
];

/// `(2^n, e^r - 1)` with `e^x = 2^n e^r`, for -88 <= x <= 89.
#[inline(always)]
fn exp_parts<V: Vector>(x: V) -> (V, V) {
    let rounded = V::splat(ROUNDER).add_product(x, V::splat(LOG2_E));
    let n = rounded - V::splat(ROUNDER);
    let r = x - n * V::splat(LN2_HIGH) - n * V::splat(LN2_LOW);
    let mut p = V::splat(P[0]);
    for &coefficient in &P[1..] {
        p = V::splat(coefficient).add_product(p, r);
    }
    (rounded.exp2_of_rounded(), r.add_product(p, r * r))
}

/// e^x for x <= 0; 0 below -87.7.
#[inline(always)]
pub fn exp<V: Vector>(x: V) -> V {
    let (scale, r) = exp_parts(x.max(V::splat(-88.0)));
    scale.add_product(scale, r)
}

/// σ(x) = 1 / (1 + e^-x).
///
/// Below x = -88.37, where σ is smaller than the smallest normal number, it is 0: an error under 2^-126.
#[inline(always)]
pub fn sigmoid<V: Vector>(x: V) -> V {
    let one = V::splat(1.0);
    // At 89 the exponent is 128 and 2^n infinite, so that σ is 0; at -88 e^x no longer changes 1. The first operand of
    // min and max decides where a NaN goes: on.
    let x = (V::splat(0.0) - x).min(V::splat(89.0)).max(V::splat(-88.0));
    let (scale, r) = exp_parts(x);
    one / one.add_product(scale, one + r)
}

/// tanh(x) = -t / (t + 2) with t = e^(-2|x|) - 1, which loses nothing near 0 and ends at exactly 1; odd by copying the sign.
#[inline(always)]
pub fn tanh<V: Vector>(x: V) -> V {
    let magnitude = x.copy_sign(V::splat(1.0));
    // e^-20 no longer changes 1.
    let (scale, r) = exp_parts((magnitude * V::splat(-2.0)).max(V::splat(-20.0)));
    let t = (scale - V::splat(1.0)).add_product(scale, r);
    (t / (t + V::splat(2.0))).copy_sign(x)
}
