//! Element by element, four at a time; a tail runs in lanes that are filled up with zeros.

use crate::simd::{LANES, Vector, quad, quad_mut};

/// The up to four values from `at` on, with zeros after them.
#[inline(always)]
fn load<V: Vector>(values: &[f32], at: usize) -> V {
    if at + LANES <= values.len() { V::load(quad(values, at)) } else { V::load(&tail(values, at)) }
}

/// Writes as many of the four values as there is room for from `at` on.
#[inline(always)]
fn store<V: Vector>(value: V, values: &mut [f32], at: usize) {
    if at + LANES <= values.len() {
        return value.store(quad_mut(values, at));
    }
    let mut last = [0.0; LANES];
    value.store(&mut last);
    let rest = values.len() - at;
    values[at..].copy_from_slice(&last[..rest]);
}

#[inline(never)]
fn tail(values: &[f32], at: usize) -> [f32; LANES] {
    let mut last = [0.0; LANES];
    last[..values.len() - at].copy_from_slice(&values[at..]);
    last
}

/// `values[i] = map(values[i])`
#[inline(always)]
pub fn map<V: Vector>(values: &mut [f32], map: impl Fn(V) -> V) {
    for at in (0..values.len()).step_by(LANES) {
        store(map(load(values, at)), values, at);
    }
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
    for at in (0..values.len()).step_by(LANES) {
        let state = core::array::from_fn(|s| V::load(quad(states, s * len + at)));
        let (value, state) = update(load(values, at), load(gradients, at), state);
        store(value, values, at);
        for (s, state) in state.into_iter().enumerate() {
            state.store(quad_mut(states, s * len + at));
        }
    }
}

/// How long the state of `len` values is: whole vectors.
pub fn state_len(len: usize) -> usize {
    len.next_multiple_of(LANES)
}
