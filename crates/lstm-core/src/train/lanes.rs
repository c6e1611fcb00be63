//! Element by element, four at a time; a tail runs in lanes that are filled up with zeros.

use crate::simd::{LANES, Vector, quad, quad_mut};
use core::slice;

/// The most buffers of state that a rule has.
pub const STATES: usize = 3;

/// `values[i] = map(values[i])`
#[inline(always)]
pub fn map<V: Vector>(values: &mut [f32], map: impl Fn(V) -> V) {
    let (quads, tail) = values.as_chunks_mut();
    map_quads(quads, &map);
    let mut last = padded(tail);
    map_quads(slice::from_mut(&mut last), &map);
    tail.copy_from_slice(&last[..tail.len()]);
}

#[inline(never)]
fn map_quads<V: Vector>(quads: &mut [[f32; LANES]], map: &impl Fn(V) -> V) {
    for quad in quads {
        map(V::load(quad)).store(quad);
    }
}

/// `values[i] = rule(values[i], gradients[i], states[..][i])`. `states` holds up to [`STATES`] buffers one after the
/// other, each [`state_len`] long; the rule sees zeros in place of those that are not there, and leaves the next state.
///
/// One loop for all rules: to call one costs little beside its roots and divisions.
#[inline(never)]
pub fn update<V: Vector>(
    values: &mut [f32],
    gradients: &[f32],
    states: &mut [f32],
    rule: &dyn Fn(V, V, &mut [V; STATES]) -> V,
) {
    let len = state_len(values.len());
    let buffers = states.len() / len.max(1);
    for at in (0..values.len()).step_by(LANES) {
        let mut state = [V::splat(0.0); STATES];
        for (s, state) in state.iter_mut().enumerate().take(buffers) {
            *state = V::load(quad(states, s * len + at));
        }
        let next = rule(load(values, at), load(gradients, at), &mut state);
        store(next, values, at);
        for (s, state) in state.into_iter().enumerate().take(buffers) {
            state.store(quad_mut(states, s * len + at));
        }
    }
}

/// The up to four values from `at` on, with zeros after them.
#[inline(always)]
fn load<V: Vector>(values: &[f32], at: usize) -> V {
    if at + LANES <= values.len() { V::load(quad(values, at)) } else { V::load(&padded(&values[at..])) }
}

/// Writes as many of the four values as there is room for from `at` on.
#[inline(always)]
fn store<V: Vector>(value: V, values: &mut [f32], at: usize) {
    if at + LANES <= values.len() {
        return value.store(quad_mut(values, at));
    }
    let mut last = [0.0; LANES];
    value.store(&mut last);
    values[at..].iter_mut().zip(last).for_each(|(value, last)| *value = last);
}

/// Up to four values, with zeros after them.
#[inline(never)]
fn padded(values: &[f32]) -> [f32; LANES] {
    let mut last = [0.0; LANES];
    last.iter_mut().zip(values).for_each(|(last, &value)| *last = value);
    last
}

/// How long the state of `len` values is: whole vectors.
pub fn state_len(len: usize) -> usize {
    len.next_multiple_of(LANES)
}
