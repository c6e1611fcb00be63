//! Element by element, four at a time; a tail runs in lanes that are filled up with zeros.

use crate::simd::{LANES, Vector, quad, quad_mut};
use core::array::from_fn;

/// The most buffers of state that a rule has.
pub const STATES: usize = 3;

/// The up to four values from `at` on, with zeros after them.
#[inline(always)]
fn load<V: Vector>(values: &[f32], at: usize) -> V {
    if at + LANES <= values.len() { V::load(quad(values, at)) } else { load_tail(values, at) }
}

/// Writes as many of the four values as there is room for from `at` on.
#[inline(always)]
fn store<V: Vector>(value: V, values: &mut [f32], at: usize) {
    if at + LANES <= values.len() { value.store(quad_mut(values, at)) } else { store_tail(value, values, at) }
}

#[inline(never)]
fn load_tail<V: Vector>(values: &[f32], at: usize) -> V {
    let mut last = [0.0; LANES];
    last.iter_mut().zip(&values[at..]).for_each(|(last, &value)| *last = value);
    V::load(&last)
}

#[inline(never)]
fn store_tail<V: Vector>(value: V, values: &mut [f32], at: usize) {
    let mut last = [0.0; LANES];
    value.store(&mut last);
    values[at..].iter_mut().zip(last).for_each(|(value, last)| *value = last);
}

/// `values[i] = map(values[i])`
#[inline(always)]
pub fn map<V: Vector>(values: &mut [f32], map: impl Fn(V) -> V) {
    for at in (0..values.len()).step_by(LANES) {
        store(map(load(values, at)), values, at);
    }
}

/// `values[i] = rule(values[i], gradients[i], states[..][i])`. `states` holds up to [`STATES`] buffers one after the
/// other, each [`state_len`] long; the rule sees zeros in place of those that are not there, and leaves the next state.
#[inline(always)]
pub fn update<V: Vector>(
    values: &mut [f32],
    gradients: &[f32],
    states: &mut [f32],
    rule: impl Fn(V, V, &mut [V; STATES]) -> V,
) {
    let (len, all) = (state_len(values.len()), states.len());
    for at in (0..values.len()).step_by(LANES) {
        let mut state: [V; STATES] =
            from_fn(|s| if s * len < all { V::load(quad(states, s * len + at)) } else { V::splat(0.0) });
        let value = rule(load(values, at), load(gradients, at), &mut state);
        store(value, values, at);
        for (s, state) in state.into_iter().enumerate() {
            if s * len < all {
                state.store(quad_mut(states, s * len + at));
            }
        }
    }
}

/// How long the state of `len` values is: whole vectors.
pub fn state_len(len: usize) -> usize {
    len.next_multiple_of(LANES)
}
