//! Four lanes as WebAssembly's v128.

#![allow(unsafe_code)]

use super::{LANES, Vector};
use core::arch::wasm32::*;
use core::ops::{Add, Div, Mul, Sub};

/// Four floats in one v128.
#[derive(Clone, Copy)]
pub struct Simd128(v128);

macro_rules! lanewise {
    ($trait:ident, $method:ident, $instruction:ident) => {
        impl $trait for Simd128 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($instruction(self.0, other.0))
            }
        }
    };
}
lanewise!(Add, add, f32x4_add);
lanewise!(Sub, sub, f32x4_sub);
lanewise!(Mul, mul, f32x4_mul);
lanewise!(Div, div, f32x4_div);

impl Vector for Simd128 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    #[inline(always)]
    fn load(source: &[f32; LANES]) -> Self {
        // SAFETY: the reference covers 16 readable bytes, and v128.load asks for no alignment.
        Self(unsafe { v128_load(source.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, target: &mut [f32; LANES]) {
        // SAFETY: the reference covers 16 writable bytes, and v128.store asks for no alignment.
        unsafe { v128_store(target.as_mut_ptr().cast(), self.0) }
    }

    /// Fused where the machine can, in the build for `lstm-wasm/relaxed`: one rounding less, and other bits on other machines.
    #[cfg(target_feature = "relaxed-simd")]
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        Self(f32x4_relaxed_madd(a.0, b.0, self.0))
    }

    // pmin and pmax are one x86 instruction; f32x4.min and max are nine in V8.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }

    #[inline(always)]
    fn transpose([a, b, c, d]: [Self; LANES]) -> [Self; LANES] {
        let (ab, ab_high) = (i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0), i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0));
        let (cd, cd_high) = (i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0), i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0));
        [
            Self(i64x2_shuffle::<0, 2>(ab, cd)),
            Self(i64x2_shuffle::<1, 3>(ab, cd)),
            Self(i64x2_shuffle::<0, 2>(ab_high, cd_high)),
            Self(i64x2_shuffle::<1, 3>(ab_high, cd_high)),
        ]
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f32x4_sqrt(self.0))
    }

    #[inline(always)]
    fn copy_sign(self, sign: Self, sign_bit: Self) -> Self {
        Self(v128_bitselect(sign.0, self.0, sign_bit.0))
    }

    #[inline(always)]
    fn exp2_of_rounded(self, one: Self) -> Self {
        Self(i32x4_add(i32x4_shl(self.0, 23), one.0))
    }

    #[inline(always)]
    fn load_i8(source: &[[i8; 2]; LANES]) -> Self {
        // SAFETY: the reference covers 8 readable bytes, and v128.load8x8_s asks for no alignment.
        Self(unsafe { i16x8_load_extend_i8x8(source.as_ptr().cast()) })
    }

    #[inline(always)]
    fn load_i16(source: &[[i16; 2]; LANES]) -> Self {
        // SAFETY: the reference covers 16 readable bytes, and v128.load asks for no alignment.
        Self(unsafe { v128_load(source.as_ptr().cast()) })
    }

    #[inline(always)]
    fn add_dot(self, a: Self, b: Self) -> Self {
        Self(i32x4_add(self.0, i32x4_dot_i16x8(a.0, b.0)))
    }

    #[inline(always)]
    fn int_to_float(self) -> Self {
        Self(f32x4_convert_i32x4(self.0))
    }

    #[inline(always)]
    fn low_halves(self, next: Self) -> Self {
        Self(i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(self.0, next.0))
    }

    #[inline(always)]
    fn max_magnitude(self, other: Self) -> Self {
        Self(i32x4_max(self.0, f32x4_abs(other.0)))
    }
}
