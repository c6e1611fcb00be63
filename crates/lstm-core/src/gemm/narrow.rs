//! Products of integers: weights of 8 or 16 bits, activations of 16, sums of 32.
//!
//! A column of weights has one scale, its largest magnitude over the largest integer; a row of activations likewise, each time it
//! is multiplied. With `q` the integers, a block of k adds
//!
//! ```text
//! out[r][n] += float32(Σ_k q_x[r][k] q_w[k][n]) * scale_x[r] * scale_w[n]
//! ```
//!
//! The sum of integers is exact, so its order does not matter. A row's scale depends on nothing but that row, and the blocks on
//! nothing but the depth: a row in a batch has the bits of the row alone.

use super::packed_a::{BLOCK_DEPTH, BLOCK_ROWS, Lhs, PackedA};
use super::packed_b::PackedB;
use crate::config::Weights;
use crate::simd::{self, COLUMNS, LANES, MR, ROUNDER, Scaled, Vector, add_narrow, quad, quad_mut};

/// The largest integers that stand for weights and for activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    match weights {
        Weights::I8 => Levels { weight: 127, activation: (most / 127).min(i16::MAX as u32) },
        _ => {
            let mut root: u32 = 0;
            for bit in (0..15).rev() {
                let larger = root | 1 << bit;
                root = if larger * larger <= most { larger } else { root };
            }
            Levels { weight: root, activation: root }
        }
    }
}

/// Values whose largest magnitude is below this have the scale of this, so that 1 / scale is finite.
const LEAST: f32 = 1.0 / (1_u128 << 100) as f32;

/// [`super::accumulate`] for a narrow `rhs`. `lhs` has rows.
pub fn accumulate<V: Vector>(
    out: &mut [f32],
    stride: usize,
    init: Option<&[f32]>,
    lhs: Lhs,
    rhs: &PackedB,
    packed_a: &mut PackedA,
) {
    let Lhs::Rows(rows, mut first) = lhs else { unreachable!() };
    let (depth, row_len, level) = (rhs.depth(), rhs.row_len(), rhs.levels().activation);
    let panel_len = simd::words(depth) * COLUMNS;
    let pair_bytes = if rhs.weights() == Weights::I8 { size_of::<[i8; 2]>() } else { size_of::<[i16; 2]>() };
    for out in out.chunks_mut(BLOCK_ROWS * stride) {
        let count = out.len().div_ceil(stride);
        let mut scales = [0.0; BLOCK_ROWS];
        for (r, scale) in scales[..count].iter_mut().enumerate() {
            *scale = row_scale::<V>(rows.row(first + r), level);
        }
        let mut init = init;
        let mut k = 0;
        while k < depth {
            let len = (depth - k).min(BLOCK_DEPTH);
            let words = simd::words(len);
            let packed_a = &mut packed_a.0[..count * words];
            for (r, &scale) in scales[..count].iter().enumerate() {
                // Rows of a tile stand side by side.
                let (at, apart) = if r < count / MR * MR { (r / MR * MR * words + r % MR, MR) } else { (r * words, 1) };
                pack_row::<V>(&rows.row(first + r)[k..k + len], scale, &mut packed_a[at..], apart);
            }
            let x = Scaled { integers: packed_a, scales: &scales };
            let Scaled { integers, scales } = rhs.scaled();
            let w = Scaled { integers: &integers[k / 2 * COLUMNS * pair_bytes / size_of::<f32>()..], scales };
            add_narrow::<V>(out, (row_len, stride), init, x, w, (panel_len, words, pair_bytes));
            init = None;
            k += len;
        }
        first += count;
    }
}

/// The scale of a row of activations: NaN if a value is not finite, which makes every result of the row NaN.
#[inline(never)]
pub fn row_scale<V: Vector>(row: &[f32], level: u32) -> f32 {
    let (quads, rest) = row.as_chunks::<LANES>();
    let mut magnitudes = V::splat(0.0);
    for quad in quads {
        magnitudes = magnitudes.max_magnitude(V::load(quad));
    }
    let mut lanes = [0.0; LANES];
    magnitudes.store(&mut lanes);
    scale(&[largest(rest), largest(&lanes)], level)
}

/// The largest magnitude over the largest integer; NaN if any value is not finite.
pub fn scale(values: &[f32], level: u32) -> f32 {
    let largest = largest(values);
    if largest < f32::INFINITY { largest.max(LEAST) / level as f32 } else { f32::NAN }
}

/// The largest magnitude; NaN is larger than infinity.
fn largest(values: &[f32]) -> f32 {
    f32::from_bits(values.iter().map(|value| value.abs().to_bits()).max().unwrap_or(0))
}

/// The nearest integer of a value, the even one of two; any integer if the scale is NaN.
pub fn quantize(value: f32, scale: f32, level: u32) -> i16 {
    let level = level as f32;
    // Beyond the largest integer, there is at most rounding.
    let scaled = (value / scale).min(level).max(-level);
    ((scaled + ROUNDER) - ROUNDER) as i16
}

/// Values that four lanes hold as int16.
const EIGHT: usize = 2 * LANES;

/// Writes the integers of a row as words of two k, each `apart` words behind the one before it.
#[inline(never)]
pub fn pack_row<V: Vector>(row: &[f32], scale: f32, words: &mut [f32], apart: usize) {
    // A row that is not finite is NaN by its scale, whatever its integers.
    let factor = V::splat(if scale.is_nan() { 0.0 } else { 1.0 / scale });
    // Adding this leaves the nearest integer in the low half of a value's bits.
    let rounder = V::splat(ROUNDER);
    let mut last = [0.0; EIGHT];
    let mut at = 0;
    for values in row.chunks(EIGHT) {
        let eight = match values.first_chunk::<EIGHT>() {
            Some(eight) => eight,
            None => {
                last[..values.len()].copy_from_slice(values);
                &last
            }
        };
        let (first, second) = (V::load(quad(eight, 0)) * factor, V::load(quad(eight, LANES)) * factor);
        let pairs = (rounder + first).low_halves(rounder + second);
        if apart == 1 && values.len() == EIGHT {
            pairs.store(quad_mut(words, at));
        } else {
            let mut lanes = [0.0; LANES];
            pairs.store(&mut lanes);
            for (n, &lane) in lanes[..simd::words(values.len())].iter().enumerate() {
                words[at + n * apart] = lane;
            }
        }
        at += LANES * apart;
    }
}
