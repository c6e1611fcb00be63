//! Euclidean norms over the whole range of float32.
//!
//! The square of 1e-24 is 0 in float32, that of 1e20 infinite. So the squares are summed three times, of the values as they
//! are, enlarged and reduced by a power of two, and the sum that is within range counts.

use crate::simd::{LANES, Vector};
use core::hint::black_box;

const LARGE: f32 = (1_u128 << 100) as f32;
const SMALL: f32 = 1.0 / LARGE;

/// Sums of squares in four lanes, one chain of sums in each.
#[derive(Debug, Clone, Copy)]
pub struct Squares<V> {
    large: V,
    small: V,
    /// Of the values as they are, times [`LARGE`] and times [`SMALL`].
    sums: [V; 3],
}

impl<V: Vector> Squares<V> {
    /// Of nothing yet.
    #[inline(always)]
    pub fn new() -> Self {
        let [zero, large, small] = black_box(&[0.0, LARGE, SMALL]).map(V::splat);
        Self { large, small, sums: [zero; 3] }
    }

    /// Takes four values on.
    #[inline(always)]
    pub fn add(&mut self, values: V) {
        for (sum, values) in self.sums.iter_mut().zip([values, values * self.large, values * self.small]) {
            *sum = sum.add_product(values, values);
        }
    }

    /// The three sums over all lanes.
    fn lanes(self) -> [f32; 3] {
        self.sums.map(|sum| {
            let mut lanes = [0.0; LANES];
            sum.store(&mut lanes);
            lanes.iter().sum()
        })
    }

    /// The norm of all values.
    pub fn norm(self) -> f32 {
        root::<V>(self.lanes())
    }
}

impl<V: Vector> Default for Squares<V> {
    fn default() -> Self {
        Self::new()
    }
}

/// The norm, from the three sums.
fn root<V: Vector>([sum, enlarged, reduced]: [f32; 3]) -> f32 {
    let (sum, scale) = match sum {
        sum if sum < SMALL => (enlarged, SMALL),
        sum if sum < LARGE => (sum, 1.0),
        _ => (reduced, LARGE), // also infinity and NaN
    };
    let mut lanes = [0.0; LANES];
    V::splat(sum).sqrt().store(&mut lanes);
    lanes[0] * scale
}

/// The norm of so many values.
#[inline(never)]
pub fn norm<V: Vector>(values: &[f32]) -> f32 {
    let (quads, tail) = values.as_chunks::<LANES>();
    let (mut squares, mut rest) = (Squares::new(), Squares::new());
    quads.iter().for_each(|quad| squares.add(V::load(quad)));
    let mut last = [0.0; LANES];
    last.iter_mut().zip(tail).for_each(|(last, &value)| *last = value);
    rest.add(V::load(&last));
    let (squares, rest) = (squares.lanes(), rest.lanes());
    root::<V>([squares[0] + rest[0], squares[1] + rest[1], squares[2] + rest[2]])
}
