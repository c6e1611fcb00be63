//! Four lanes in plain Rust: what native builds run, and what simd128 is checked against.

use super::{LANES, Vector};
use core::array::from_fn;
use core::ops::{Add, Div, Mul, Sub};

/// Four floats, lane by lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalar([f32; LANES]);

macro_rules! lanewise {
    ($trait:ident, $method:ident, $operator:tt) => {
        impl $trait for Scalar {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(from_fn(|lane| self.0[lane] $operator other.0[lane]))
            }
        }
    };
}
lanewise!(Add, add, +);
lanewise!(Sub, sub, -);
lanewise!(Mul, mul, *);
lanewise!(Div, div, /);

impl Vector for Scalar {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn load(source: &[f32; LANES]) -> Self {
        Self(*source)
    }

    #[inline(always)]
    fn store(self, target: &mut [f32; LANES]) {
        *target = self.0;
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(from_fn(|lane| if other.0[lane] < self.0[lane] { other.0[lane] } else { self.0[lane] }))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(from_fn(|lane| if other.0[lane] > self.0[lane] { other.0[lane] } else { self.0[lane] }))
    }

    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        from_fn(|i| Self(from_fn(|j| rows[j].0[i])))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(square_root))
    }

    #[inline(always)]
    fn copy_sign(self, sign: Self) -> Self {
        Self(from_fn(|lane| self.0[lane].copysign(sign.0[lane])))
    }

    #[inline(always)]
    fn exp2_of_rounded(self, one: Self) -> Self {
        Self(from_fn(|lane| f32::from_bits((self.0[lane].to_bits() << 23).wrapping_add(one.0[lane].to_bits()))))
    }
}

/// A float32's square root, correctly rounded, for want of `std`: Newton's steps in float64 from a guess that halves the
/// exponent. No float32's root lies close enough to the middle of two others for the last bits to matter.
fn square_root(x: f32) -> f32 {
    if x == 0.0 || x == f32::INFINITY || x.is_nan() {
        return x;
    }
    if x < 0.0 {
        return f32::NAN;
    }
    let wide = f64::from(x);
    let mut root = f64::from_bits((wide.to_bits() >> 1) + (1023 << 51));
    for _ in 0..5 {
        root = 0.5 * (root + wide / root);
    }
    root as f32
}
