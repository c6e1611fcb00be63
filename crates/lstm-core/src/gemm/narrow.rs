//! Products of integers: weights of 8 or 16 bits, activations of 16, sums of 32.
//!
//! A column of weights has one scale, its largest magnitude over the largest integer; a row of activations likewise, each time it
//! is multiplied. With `q` the integers, a block of k adds
//!
//! ```text
//! out[r][n] += float32(Σ_k q_x[r][k] q_w[k][n]) * (scale_w[n] * scale_x[r])
//! ```
//!
//! The sum in parentheses is exact, so its order does not matter. A row's scale depends on nothing but that row, and the blocks
//! on nothing but the depth: a row in a batch has the bits of the row alone.

use super::packed_a::BLOCK_DEPTH;
use crate::config::Weights;
use crate::simd::{LANES, ROUNDER, Vector, quad};

/// The largest integers that stand for weights and for activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels {
    /// Of weights: they go from `-weight` to `weight`.
    pub weight: u32,
    /// Of activations: likewise.
    pub activation: u32,
}

/// The levels for products over `depth` k, such that no sum leaves int32.
///
/// A sum of any of the products of a block, in any order, is at most `k * weight * activation` in magnitude, where `k` is the
/// depth of the block, at most [`BLOCK_DEPTH`]. Both branches keep that at or below 2^31 - 1: the first divides by `k * 127`
/// and rounds down, the second takes the root of `(2^31 - 1) / k` and rounds down. (`i32x4.dot_i16x8_s` adds two products
/// before it adds them to the sum; they are a part of the sum as any other.)
///
/// So int8 weights meet activations of 16 bits at every depth. With int16 weights, both have as many bits: 16 up to a depth of 2,
/// some 13 at 128, 12 at 512.
pub fn levels(weights: Weights, depth: usize) -> Levels {
    let k = depth.clamp(1, BLOCK_DEPTH) as u32;
    let most = i32::MAX as u32 / k;
    let int16 = i16::MAX as u32;
    match weights {
        Weights::I8 => Levels { weight: 127, activation: (most / 127).min(int16) },
        _ => {
            let both = most.isqrt().min(int16);
            Levels { weight: both, activation: both }
        }
    }
}

/// Values whose largest magnitude is below this have the scale of this, so that 1 / scale is finite.
const LEAST: f32 = 1.0 / (1_u128 << 100) as f32;

/// The scale of a row of activations: NaN if a value is not finite, which makes every result of the row NaN.
#[inline(never)]
pub fn row_scale<V: Vector>(row: &[f32], levels: Levels) -> f32 {
    let (quads, rest) = row.as_chunks::<LANES>();
    let mut largest = V::splat(0.0);
    for quad in quads {
        largest = largest.max_magnitude(V::load(quad));
    }
    let mut tail = [0.0; LANES];
    tail[..rest.len()].copy_from_slice(rest);
    let mut lanes = [0.0; LANES];
    largest.max_magnitude(V::load(&tail)).store(&mut lanes);
    scale(&lanes, levels.activation)
}

/// The largest magnitude over the largest integer; NaN if any value is not finite.
pub fn scale(values: &[f32], level: u32) -> f32 {
    let bits = values.iter().map(|value| value.abs().to_bits()).max().unwrap_or(0);
    let largest = f32::from_bits(bits);
    if largest < f32::INFINITY { largest.max(LEAST) / level as f32 } else { f32::NAN }
}

/// The nearest integer of a value; the even one of two.
pub fn quantize(value: f32, scale: f32, level: u32) -> i16 {
    if scale.is_nan() {
        return 0;
    }
    let (scaled, level) = (value / scale, level as f32);
    // Beyond the largest integer, there is at most rounding.
    ((scaled.clamp(-level, level) + ROUNDER) - ROUNDER) as i16
}

/// Writes the integers of a row as words, two values in each, `stride` words apart.
#[inline(never)]
pub fn pack_row<V: Vector>(row: &[f32], scale: f32, words: &mut [f32], stride: usize) {
    if scale.is_nan() {
        return words.iter_mut().step_by(stride).for_each(|word| *word = 0.0);
    }
    let (factor, rounder) = (V::splat(1.0 / scale), V::splat(ROUNDER));
    let mut words = words.chunks_mut(LANES * stride);
    let mut put = |values: &[f32; 2 * LANES]| {
        // The integers are the low halves of these.
        let [first, second] = [0, LANES].map(|at| V::load(quad(values, at)) * factor + rounder);
        let (pairs, words) = (first.low_halves(second), words.next().expect("words for these values"));
        match (stride, words.first_chunk_mut()) {
            (1, Some(words)) => pairs.store(words),
            _ => {
                let mut lanes = [0.0; LANES];
                pairs.store(&mut lanes);
                words.iter_mut().step_by(stride).zip(lanes).for_each(|(word, lane)| *word = lane);
            }
        }
    };
    let (eights, rest) = row.as_chunks::<{ 2 * LANES }>();
    eights.iter().for_each(&mut put);
    if !rest.is_empty() {
        let mut last = [0.0; 2 * LANES];
        last[..rest.len()].copy_from_slice(rest);
        put(&last);
    }
}
