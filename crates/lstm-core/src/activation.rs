//! σ and tanh of four lanes, within 4 units in the last place (`tests/activation.rs` sweeps them).
//!
//! Both reduce `e^-y = 2^n e^-s` with `n = round(-y / ln 2)` and |s| <= ln(2) / 2, the product `n ln 2` added in two steps
//! (Cody and Waite 1980) with the constants of Cephes' `expf` (S. Moshier, single/expf.c), and
//! `e^-s ≈ 1 - s + s² q(s)` with q of degree 4 through `(e^-s - 1 + s) / s²` at the five Chebyshev nodes of the interval:
//! within 2^-26 of e^-s, and of e^-s - 1 within 2^-25.
//!
//! What counts is the length of the chain of operations, not their number: a processor holds some 128 of them that wait
//! for one another. Hence -s, the sign turned once for both functions, and Estrin's order in q.

use crate::simd::{ROUNDER, Vector};
use core::hint::black_box;

/// The constants of this file as vectors, loaded once for a loop.
///
/// They come from memory, of which the compiler does not know the contents: V8 makes a constant vector of three
/// instructions at each of its uses, and a load that fills all lanes is one.
#[derive(Debug, Clone, Copy)]
pub struct Constants<V> {
    one: V,
    two: V,
    sign_bit: V,
    sigmoid_least: V,
    sigmoid_most: V,
    tanh_most: V,
    minus_log2_e: V,
    rounder: V,
    ln2_high: V,
    ln2_low: V,
    q: [V; 5],
}

#[allow(clippy::excessive_precision)]
static CONSTANTS: [f32; 15] = [
    1.0,
    2.0,
    -0.0,
    // At -89 the exponent is 128 and 2^n infinite, so that σ is 0; e^-88 no longer changes what σ divides by.
    -89.0,
    88.0,
    // e^-20 no longer changes 1.
    20.0,
    -core::f32::consts::LOG2_E,
    ROUNDER,
    // The leading bits of ln 2: few enough that n * ln2_high is exact.
    0.693_359_375,
    -2.121_944_40e-4,
    // q(s), lowest power first
    0.5,
    -1.666_657_627e-1,
    4.166_655_615e-2,
    -8.363_203_146e-3,
    1.392_621_314e-3,
];

/// `e^-y = scale * (1 - s + w)`.
struct Exponential<V> {
    scale: V,
    s: V,
    w: V,
}

impl<V: Vector> Constants<V> {
    /// Once for a loop, outside it.
    #[inline(always)]
    pub fn get() -> Self {
        // Written out: the closure of a `map` would be called, not inlined, and this runs at each step.
        let &[
            one,
            two,
            sign_bit,
            sigmoid_least,
            sigmoid_most,
            tanh_most,
            minus_log2_e,
            rounder,
            ln2_high,
            ln2_low,
            q @ ..,
        ] = black_box(&CONSTANTS);
        let [q0, q1, q2, q3, q4] = q;
        Self {
            one: V::splat(one),
            two: V::splat(two),
            sign_bit: V::splat(sign_bit),
            sigmoid_least: V::splat(sigmoid_least),
            sigmoid_most: V::splat(sigmoid_most),
            tanh_most: V::splat(tanh_most),
            minus_log2_e: V::splat(minus_log2_e),
            rounder: V::splat(rounder),
            ln2_high: V::splat(ln2_high),
            ln2_low: V::splat(ln2_low),
            q: [V::splat(q0), V::splat(q1), V::splat(q2), V::splat(q3), V::splat(q4)],
        }
    }

    /// For -89 <= y <= 88.
    #[inline(always)]
    fn exp_of_minus(&self, y: V) -> Exponential<V> {
        let rounded = self.rounder.add_product(y, self.minus_log2_e);
        let n = rounded - self.rounder;
        let s = y.add_product(n, self.ln2_high).add_product(n, self.ln2_low);
        let [q0, q1, q2, q3, q4] = self.q;
        let square = s * s;
        let upper = q2.add_product(q3, s).add_product(q4, square);
        let q = q0.add_product(q1, s).add_product(upper, square);
        Exponential { scale: rounded.exp2_of_rounded(self.one), s, w: q * square }
    }

    /// σ(x) = 1 / (1 + e^-x).
    ///
    /// Below x = -88.37, where σ is smaller than the smallest normal number, it is 0: an error under 2^-126.
    #[inline(always)]
    pub fn sigmoid(&self, x: V) -> V {
        // The first operand of min and max decides where a NaN goes: on.
        let Exponential { scale, s, w } = self.exp_of_minus(x.max(self.sigmoid_least).min(self.sigmoid_most));
        self.one / self.one.add_product(scale, (self.one - s) + w)
    }

    /// tanh(x) = -t / (t + 2) with t = e^(-2|x|) - 1, which loses nothing near 0 and ends at exactly 1; odd by copying the
    /// sign.
    #[inline(always)]
    pub fn tanh(&self, x: V) -> V {
        let magnitude = x.copy_sign(self.one, self.sign_bit);
        let Exponential { scale, s, w } = self.exp_of_minus((magnitude + magnitude).min(self.tanh_most));
        let t = (scale - self.one).add_product(scale, w - s);
        (t / (t + self.two)).copy_sign(x, self.sign_bit)
    }

    /// e^-y for y >= 0; 0 above 87.7.
    #[inline(always)]
    pub fn exp_minus(&self, y: V) -> V {
        let Exponential { scale, s, w } = self.exp_of_minus(y.min(self.sigmoid_most));
        scale.add_product(scale, w - s)
    }
}
