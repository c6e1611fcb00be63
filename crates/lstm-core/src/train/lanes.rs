//! Element by element, four at a time; a tail runs in lanes that are filled up with zeros.

use crate::activation::Constants;
use crate::simd::{LANES, Vector};
use core::slice;

/// The most buffers of state that a rule has.
pub const STATES: usize = 3;

/// Four values.
pub type Quad = [f32; LANES];

/// A rule of [`update`]: it changes the values, told their gradients, and their states.
pub type Rule<'a> = dyn Fn(&mut [Quad], &[Quad], [&mut [Quad]; STATES]) + 'a;

/// A function of [`apply`].
#[derive(Debug, Clone, Copy)]
pub enum Function {
    /// σ(x)
    Sigmoid,
    /// tanh(x)
    Tanh,
    /// e^(x - m), m being at least x.
    ExpMinus(f32),
}

/// `values[i] = function(values[i])`
#[inline(never)]
pub fn apply<V: Vector>(values: &mut [f32], function: Function) {
    let k = Constants::<V>::get();
    match function {
        Function::Sigmoid => map(values, |x| k.sigmoid(x)),
        Function::Tanh => map(values, |x| k.tanh(x)),
        Function::ExpMinus(m) => {
            let m = V::splat(m);
            map(values, |x| k.exp_minus(m - x));
        }
    }
}

#[inline(always)]
fn map<V: Vector>(values: &mut [f32], map: impl Fn(V) -> V) {
    let (quads, tail) = values.as_chunks_mut();
    let mut last = padded(tail);
    for quad in quads.iter_mut().chain([&mut last]) {
        map(V::load(quad)).store(quad);
    }
    tail.copy_from_slice(&last[..tail.len()]);
}

/// Hands `values` and `gradients` to `rule` in quads, and `states`: up to [`STATES`] buffers one after the other, each
/// [`state_len`] long; those that are not there are empty. All whole quads come at once, then the tail.
#[inline(never)]
pub fn update(values: &mut [f32], gradients: &[f32], states: &mut [f32], rule: &Rule) {
    let len = values.len().div_ceil(LANES).max(1);
    let mut buffers: [&mut [Quad]; STATES] = Default::default();
    for (buffer, state) in buffers.iter_mut().zip(states.as_chunks_mut().0.chunks_exact_mut(len)) {
        *buffer = state;
    }
    let (quads, tail) = values.as_chunks_mut();
    let (gradient_quads, gradient_tail) = gradients.as_chunks();
    let done = quads.len();
    rule(quads, gradient_quads, buffers.each_mut().map(|buffer| &mut **buffer));
    if !tail.is_empty() {
        let mut last = padded(tail);
        let rest = buffers.map(|buffer| buffer.get_mut(done..).unwrap_or_default());
        rule(slice::from_mut(&mut last), &[padded(gradient_tail)], rest);
        tail.copy_from_slice(&last[..tail.len()]);
    }
}

/// Up to four values, with zeros after them.
#[inline(never)]
fn padded(values: &[f32]) -> Quad {
    let mut last = [0.0; LANES];
    last.iter_mut().zip(values).for_each(|(last, &value)| *last = value);
    last
}

/// How long the state of `len` values is: whole vectors.
pub fn state_len(len: usize) -> usize {
    len.next_multiple_of(LANES)
}
