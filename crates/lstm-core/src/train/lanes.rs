//! Element by element, four at a time; a tail runs in lanes that are filled up with zeros.

use crate::simd::{LANES, Vector, quad, quad_mut};

/// The first of up to four values, with zeros after them.
fn padded(values: &[f32]) -> [f32; LANES] {
    let mut quad = [0.0; LANES];
    quad[..values.len()].copy_from_slice(values);
    quad
}

/// `values[i] = map(values[i])`
#[inline(always)]
pub fn map<V: Vector>(values: &mut [f32], map: impl Fn(V) -> V) {
    let mut quads = values.chunks_exact_mut(LANES);
    for values in &mut quads {
        let target = quad_mut(values, 0);
        map(V::load(target)).store(target);
    }
    let tail = quads.into_remainder();
    let mut last = padded(tail);
    map(V::load(&last)).store(&mut last);
    tail.copy_from_slice(&last[..tail.len()]);
}

/// `(values[i], states[..][i]) = update(values[i], gradients[i], states[..][i])`. `states` holds `N` buffers one after
/// the other, each [`state_len`] long.
#[inline(always)]
pub fn update<V: Vector, const N: usize>(
    values: &mut [f32],
    gradients: &[f32],
    states: &mut [f32],
    update: impl Fn(V, V, [V; N]) -> (V, [V; N]),
) {
    let len = state_len(values.len());
    let mut step = |value: &mut [f32; LANES], gradient: &[f32; LANES], at: usize| {
        let state = core::array::from_fn(|s| V::load(quad(states, s * len + at)));
        let (next, state) = update(V::load(value), V::load(gradient), state);
        next.store(value);
        for (s, state) in state.into_iter().enumerate() {
            state.store(quad_mut(states, s * len + at));
        }
    };
    let whole = values.len() / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        step(quad_mut(values, at), quad(gradients, at), at);
    }
    if whole < values.len() {
        let mut last = padded(&values[whole..]);
        step(&mut last, &padded(&gradients[whole..]), whole);
        let rest = values.len() - whole;
        values[whole..].copy_from_slice(&last[..rest]);
    }
}

/// How long the state of `len` values is: whole vectors.
pub fn state_len(len: usize) -> usize {
    len.next_multiple_of(LANES)
}
