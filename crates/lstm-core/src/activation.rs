//! σ and tanh of four lanes, within 4 units in the last place (`tests/activation.rs` sweeps them).
//!
//! Both reduce `e^x = 2^n e^r` with `n = round(x / ln 2)` and |r| <= ln(2) / 2, the product `n ln 2` subtracted in two
//! steps (Cody and Waite 1980) with the constants and the degree 5 polynomial of Cephes' `expf` (S. Moshier,
//! single/expf.c): `e^r ≈ 1 + r + r² p(r)`.

use crate::simd::{ROUNDER, Vector};
use core::hint::black_box;

/// Every constant of this file, in memory: V8 makes a constant vector of three instructions at each of its uses, and a load
/// that fills all lanes is one. [`Constants::get`] hides from the compiler what they are.
#[derive(Debug)]
pub struct Constants {
    one: f32,
    two: f32,
    minus_two: f32,
    /// Where σ, its argument's sign turned, no longer changes.
    sigmoid_least: f32,
    sigmoid_most: f32,
    /// Where tanh, of -2|x|, no longer changes.
    tanh_least: f32,
    /// Where e^x is 0.
    exp_least: f32,
    log2_e: f32,
    rounder: f32,
    /// The leading bits of ln 2: few enough that `n * ln2_high` is exact.
    ln2_high: f32,
    ln2_low: f32,
    /// p(r), highest power first, with the digits that Cephes has.
    p: [f32; 6],
}

#[allow(clippy::excessive_precision)]
static CONSTANTS: Constants = Constants {
    one: 1.0,
    two: 2.0,
    minus_two: -2.0,
    // At 89 the exponent is 128 and 2^n infinite, so that σ is 0; at -88 e^x no longer changes 1.
    sigmoid_least: -88.0,
    sigmoid_most: 89.0,
    // e^-20 no longer changes 1.
    tanh_least: -20.0,
    exp_least: -88.0,
    log2_e: core::f32::consts::LOG2_E,
    rounder: ROUNDER,
    ln2_high: 0.693_359_375,
    ln2_low: -2.121_944_40e-4,
    p: [
        1.987_569_150_0e-4,
        1.398_199_950_7e-3,
        8.333_451_907_3e-3,
        4.166_579_589_4e-2,
        1.666_666_545_9e-1,
        5.000_000_120_1e-1,
    ],
};

impl Constants {
    /// Once for a loop, outside it.
    #[inline(always)]
    pub fn get() -> &'static Self {
        black_box(&CONSTANTS)
    }

    /// `(2^n, e^r - 1)` with `e^x = 2^n e^r`, for -88 <= x <= 89.
    #[inline(always)]
    fn exp_parts<V: Vector>(&self, x: V) -> (V, V) {
        let rounded = V::splat(self.rounder).add_product(x, V::splat(self.log2_e));
        let n = rounded - V::splat(self.rounder);
        let r = x - n * V::splat(self.ln2_high) - n * V::splat(self.ln2_low);
        let mut p = V::splat(self.p[0]);
        for &coefficient in &self.p[1..] {
            p = V::splat(coefficient).add_product(p, r);
        }
        (rounded.exp2_of_rounded(), r.add_product(p, r * r))
    }

    /// σ(x) = 1 / (1 + e^-x).
    ///
    /// Below x = -88.37, where σ is smaller than the smallest normal number, it is 0: an error under 2^-126.
    #[inline(always)]
    pub fn sigmoid<V: Vector>(&self, x: V) -> V {
        let one = V::splat(self.one);
        // The first operand of min and max decides where a NaN goes: on.
        let x = (V::splat(0.0) - x).min(V::splat(self.sigmoid_most)).max(V::splat(self.sigmoid_least));
        let (scale, r) = self.exp_parts(x);
        one / one.add_product(scale, one + r)
    }

    /// tanh(x) = -t / (t + 2) with t = e^(-2|x|) - 1, which loses nothing near 0 and ends at exactly 1; odd by copying the
    /// sign.
    #[inline(always)]
    pub fn tanh<V: Vector>(&self, x: V) -> V {
        let magnitude = x.copy_sign(V::splat(1.0));
        let (scale, r) = self.exp_parts((magnitude * V::splat(self.minus_two)).max(V::splat(self.tanh_least)));
        let t = (scale - V::splat(self.one)).add_product(scale, r);
        (t / (t + V::splat(self.two))).copy_sign(x)
    }

    /// e^x for x <= 0; 0 below -87.7.
    #[inline(always)]
    pub fn exp<V: Vector>(&self, x: V) -> V {
        let (scale, r) = self.exp_parts(x.max(V::splat(self.exp_least)));
        scale.add_product(scale, r)
    }
}
