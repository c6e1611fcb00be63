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
    fn copy_sign(self, sign: Self) -> Self {
        Self(from_fn(|lane| self.0[lane].copysign(sign.0[lane])))
    }

    #[inline(always)]
    fn exp2_of_rounded(self) -> Self {
        Self(self.0.map(|rounded| f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))))
    }
}
