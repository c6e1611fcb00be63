//! PyTorch's CPU random numbers, as far as initial weights need them. `ts/tensor/random.ts` has the same generator for random
//! tensors, which must do without WebAssembly. In a process that has just started, the one in TypeScript takes some 20 times as
//! long as this one.

const N: usize = 624;
const M: usize = 397;

/// `nn.init.uniform_(values, -bound, bound)` after `torch.manual_seed(seed)`, to the bit. PyTorch takes the low 32 bits of a seed.
///
/// PyTorch computes `u * range + low` in float32 with one rounding. `u` has 24 bits and so has the rounded range, so in float64
/// product and sum are exact and the result is rounded once.
pub fn fill_uniform(values: &mut [f32], seed: u32, bound: f32) {
    let mut state = seeded(seed);
    for values in values.chunks_mut(N) {
        advance(&mut state);
        for (value, &word) in values.iter_mut().zip(&state) {
            let u = f64::from(tempered(word) & 0xff_ffff) / f64::from(1 << 24);
            *value = (u * f64::from(2.0 * bound) - f64::from(bound)) as f32;
        }
    }
}

/// The state of MT19937 (Matsumoto and Nishimura 1998) that its `init_genrand` makes of a seed.
fn seeded(seed: u32) -> [u32; N] {
    let mut state = [seed; N];
    for i in 1..N {
        let before = state[i - 1];
        state[i] = (before ^ before >> 30).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
    }
    state
}

/// The next N words of the state.
fn advance(state: &mut [u32; N]) {
    for i in 0..N {
        let y = state[i] & 0x8000_0000 | state[(i + 1) % N] & 0x7fff_ffff;
        state[i] = state[(i + M) % N] ^ y >> 1 ^ if y & 1 == 1 { 0x9908_b0df } else { 0 };
    }
}

/// A draw, made of a word of the state.
fn tempered(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c_5680;
    y ^= y << 15 & 0xefc6_0000;
    y ^ y >> 18
}
