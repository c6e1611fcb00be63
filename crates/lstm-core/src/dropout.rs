//! Dropout between layers, from a counter: the same (seed, call, layer, index) always drops or keeps the same value, so a
//! mask can be replayed and needs no memory.

use core::hint::black_box;

/// Which masks are drawn: all of them follow from these two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Draw {
    /// Chosen by the user, or by chance.
    pub seed: u64,
    /// Counts the training forwards.
    pub call: u64,
}

/// Zeroes each value with probability `p` and multiplies the others by `1 / (1 - p)`, as `torch.nn.Dropout` does.
///
/// `values` is the output of `layer` with one row for each step and running sequence, steps first.
pub fn apply(values: &mut [f32], p: f32, draw: Draw, layer: usize) {
    if p == 1.0 {
        return values.fill(0.0);
    }
    // p is a float32, so p * 2^32 is exact.
    let dropped_below = (f64::from(p) * 4_294_967_296.0) as u32;
    let scale = 1.0 / (1.0 - p);
    let key = [draw.seed as u32, (draw.seed >> 32) as u32];
    for (block, values) in values.chunks_mut(4).enumerate() {
        // A layer's output has fewer than 2^32 blocks, a layer's number 16 bits, and nothing is called 2^48 times.
        let counter = [block as u32, draw.call as u32, ((draw.call >> 32) as u32) << 16 | layer as u32, 0];
        for (value, random) in values.iter_mut().zip(philox(counter, key)) {
            *value = if random < dropped_below { 0.0 } else { *value * scale };
        }
    }
}

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011).
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    // Ten, which the compiler need not know: unrolled they take 0.5 kB.
    for _ in 0..black_box(10) {
        let product = |multiplier: u32, value: u32| {
            let wide = u64::from(multiplier) * u64::from(value);
            ((wide >> 32) as u32, wide as u32)
        };
        let (high0, low0) = product(0xD251_1F53, counter[0]);
        let (high1, low1) = product(0xCD9E_8D57, counter[2]);
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}
