//! What a weight is in memory, and how a kernel multiplies with it.

use super::{LANES, Vector};

/// The weights of one column that a kernel takes at once: a float32 of one k, or two integers of two k that follow each other.
///
/// A kernel works on words of 32 bits. With float32 a word of the left factor is one value, and a sum is float32. With integers a
/// word is two int16, and a sum is an int32, which becomes float32 only when all products are in it: integers have no order of
/// sums, so all tiles, batches and machines have the same bits.
pub trait Element: Copy {
    /// Whether weights are integers.
    const NARROW: bool;

    /// The weights of four columns.
    fn load<V: Vector>(source: &[Self; LANES]) -> V;

    /// Adds to the `sum` of each lane the product of its word of the left factor with the column's weights.
    fn add_product<V: Vector>(sum: V, x: V, w: V) -> V;
}

impl Element for f32 {
    const NARROW: bool = false;

    #[inline(always)]
    fn load<V: Vector>(source: &[Self; LANES]) -> V {
        V::load(source)
    }

    #[inline(always)]
    fn add_product<V: Vector>(sum: V, x: V, w: V) -> V {
        sum.add_product(x, w)
    }
}

impl Element for [i8; 2] {
    const NARROW: bool = true;

    #[inline(always)]
    fn load<V: Vector>(source: &[Self; LANES]) -> V {
        V::load_i8(source)
    }

    #[inline(always)]
    fn add_product<V: Vector>(sum: V, x: V, w: V) -> V {
        sum.add_dot(x, w)
    }
}

impl Element for [i16; 2] {
    const NARROW: bool = true;

    #[inline(always)]
    fn load<V: Vector>(source: &[Self; LANES]) -> V {
        V::load_i16(source)
    }

    #[inline(always)]
    fn add_product<V: Vector>(sum: V, x: V, w: V) -> V {
        sum.add_dot(x, w)
    }
}
