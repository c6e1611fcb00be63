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
    fn copy_sign(self, sign: Self, _: Self) -> Self {
        Self(from_fn(|lane| self.0[lane].copysign(sign.0[lane])))
    }

    #[inline(always)]
    fn exp2_of_rounded(self, one: Self) -> Self {
        Self(from_fn(|lane| f32::from_bits((self.0[lane].to_bits() << 23).wrapping_add(one.0[lane].to_bits()))))
    }

    #[inline(always)]
    fn load_i8(source: &[[i8; 2]; LANES]) -> Self {
        Self(source.map(|pair| of_halves(pair.map(i16::from))))
    }

    #[inline(always)]
    fn load_i16(source: &[[i16; 2]; LANES]) -> Self {
        Self(source.map(of_halves))
    }

    #[inline(always)]
    fn add_dot(self, a: Self, b: Self) -> Self {
        Self(from_fn(|lane| {
            let ([a0, a1], [b0, b1]) = (halves(a.0[lane]).map(i32::from), halves(b.0[lane]).map(i32::from));
            // As simd128 does; what the kernels add never overflows.
            f32::from_bits(self.0[lane].to_bits().wrapping_add((a0 * b0).wrapping_add(a1 * b1) as u32))
        }))
    }

    #[inline(always)]
    fn int_to_float(self) -> Self {
        Self(self.0.map(|lane| lane.to_bits() as i32 as f32))
    }

    #[inline(always)]
    fn low_halves(self, next: Self) -> Self {
        let low = |lanes: [f32; LANES], lane: usize| halves(lanes[lane])[0];
        Self(from_fn(|lane| {
            let (lanes, first) = if lane < 2 { (self.0, 2 * lane) } else { (next.0, 2 * lane - LANES) };
            of_halves([low(lanes, first), low(lanes, first + 1)])
        }))
    }

    #[inline(always)]
    fn max_magnitude(self, other: Self) -> Self {
        Self(from_fn(|lane| f32::from_bits(self.0[lane].to_bits().max(other.0[lane].abs().to_bits()))))
    }
}

/// The two int16 in the bits of a lane, the low one first.
fn halves(lane: f32) -> [i16; 2] {
    let bits = lane.to_bits();
    [bits as i16, (bits >> 16) as i16]
}

/// The lane of two int16.
fn of_halves([low, high]: [i16; 2]) -> f32 {
    f32::from_bits(u32::from(low as u16) | u32::from(high as u16) << 16)
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
