//! Euclidean norms over the whole range of float32.

use crate::simd::{LANES, Vector};

/// A power of two, by which values are multiplied or divided whose squares leave the range: that of 1e-24 is 0 in float32,
/// that of 1e20 infinite.
const SCALE: f32 = (1_u128 << 100) as f32;

/// The norm of so many values.
#[inline(never)]
pub fn norm<V: Vector>(values: &[f32]) -> f32 {
    let scale = match sum_of_squares::<V>(values, 1.0) {
        sum if sum < 1.0 / SCALE => SCALE,
        sum if sum < SCALE => return root::<V>(sum),
        _ => 1.0 / SCALE, // also infinity and NaN
    };
    root::<V>(sum_of_squares::<V>(values, scale)) / scale
}

/// The sum of the squares of the values times `scale`: in four lanes, one chain of sums in each.
#[inline(never)]
fn sum_of_squares<V: Vector>(values: &[f32], scale: f32) -> f32 {
    let (quads, rest) = values.as_chunks::<LANES>();
    let (mut sums, factor) = (V::splat(0.0), V::splat(scale));
    for quad in quads {
        let values = V::load(quad) * factor;
        sums = sums.add_product(values, values);
    }
    let mut lanes = [0.0; LANES];
    sums.store(&mut lanes);
    lanes.iter().sum::<f32>() + rest.iter().map(|value| value * scale).map(|value| value * value).sum::<f32>()
}

fn root<V: Vector>(value: f32) -> f32 {
    let mut lanes = [0.0; LANES];
    V::splat(value).sqrt().store(&mut lanes);
    lanes[0]
}
