//! Four lanes of 32 bits, nearly always float32. Only here is the target known, and in this crate only here is there unsafe code.

use core::array::from_fn;
use core::ops::{Add, Div, Mul, Sub};

mod narrow;
mod product;
mod scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;

pub use narrow::{Pair, Scaled, add_narrow, words};
pub use product::{COLUMNS, MR, add_products, add_tiles};
pub use scalar::Scalar;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use wasm::Simd128;

/// What the kernels run on when nobody chooses: simd128 in WebAssembly, scalar code elsewhere.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub type Native = Simd128;
/// What the kernels run on when nobody chooses: simd128 in WebAssembly, scalar code elsewhere.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub type Native = Scalar;

/// Lanes in a [`Vector`].
pub const LANES: usize = 4;

/// Four float32 lanes with the same rounding on every target: each operation rounds once, to nearest, ties to even.
pub trait Vector: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// The same value in every lane.
    fn splat(value: f32) -> Self;

    /// Four values from memory.
    fn load(source: &[f32; LANES]) -> Self;

    /// Four values to memory.
    fn store(self, target: &mut [f32; LANES]);

    /// `self + a * b`, the product rounded before the sum: unfused, so that every machine has the same bits. (Not in the
    /// build with relaxed-simd.)
    #[inline(always)]
    fn add_product(self, a: Self, b: Self) -> Self {
        self + a * b
    }

    /// `other < self ? other : self`; a NaN in `self` stays.
    fn min(self, other: Self) -> Self;

    /// `other > self ? other : self`; a NaN in `self` stays.
    fn max(self, other: Self) -> Self;

    /// Lane `i` of vector `j` becomes lane `j` of vector `i`.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// The square root of each lane.
    fn sqrt(self) -> Self;

    /// The magnitude of `self` with the sign of `sign`; `sign_bit` is -0 in each lane.
    fn copy_sign(self, sign: Self, sign_bit: Self) -> Self;

    /// `2^n` of a lane that holds [`ROUNDER`] + n, -127 <= n <= 128: 0 for -127, infinity for 128. `one` is 1 in each lane,
    /// whose bits are those of an exponent of 0.
    fn exp2_of_rounded(self, one: Self) -> Self;

    // Narrow products: the 32 bits of a lane are then an int32, or two int16 of consecutive k.

    /// Two int8 for each lane, each widened to int16.
    fn load_i8(source: &[[i8; 2]; LANES]) -> Self;

    /// Two int16 for each lane.
    fn load_i16(source: &[[i16; 2]; LANES]) -> Self;

    /// The int32 of `self`, plus the products of both int16 of `a` with those of `b`.
    fn add_dot(self, a: Self, b: Self) -> Self;

    /// The int32 of each lane as float32, rounded to nearest, ties to even.
    fn int_to_float(self) -> Self;

    /// The low halves of the lanes of `self`, then those of `next`: eight int16.
    fn low_halves(self, next: Self) -> Self;

    /// The bits of the larger of `self`, which has no sign, and the magnitude of `other`; a NaN is larger than infinity.
    fn max_magnitude(self, other: Self) -> Self;
}

/// 1.5 * 2^23. Adding it to |x| < 2^22 rounds x to an integer and leaves that integer in the low bits.
pub const ROUNDER: f32 = 12_582_912.0;

/// The four values of `values` from `at` on.
#[inline(always)]
pub fn quad(values: &[f32], at: usize) -> &[f32; LANES] {
    values[at..].first_chunk().expect("four values from here on")
}

/// The four values of `values` from `at` on, to write.
#[inline(always)]
pub fn quad_mut(values: &mut [f32], at: usize) -> &mut [f32; LANES] {
    values[at..].first_chunk_mut().expect("four values from here on")
}

/// The first `N` vectors of `values`.
#[inline(always)]
pub fn load<V: Vector, const N: usize>(values: &[f32]) -> [V; N] {
    let values = &values[..N * LANES];
    from_fn(|n| V::load(quad(values, n * LANES)))
}

/// Writes `N` vectors to the start of `values`.
#[inline(always)]
pub fn store<V: Vector, const N: usize>(vectors: [V; N], values: &mut [f32]) {
    let values = &mut values[..N * LANES];
    for (n, vector) in vectors.into_iter().enumerate() {
        vector.store(quad_mut(values, n * LANES));
    }
}
