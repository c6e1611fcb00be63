//! Softmax and its logarithm over rows, `torch.nn.functional`'s, sums in float64.

use super::lanes::{self, Function};
use super::loss::ln;
use crate::simd::{LANES, Vector};

/// The greatest of the values that are not NaN.
#[inline(never)]
pub fn greatest<V: Vector>(values: &[f32]) -> f32 {
    let (quads, tail) = values.as_chunks();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    quads.iter().fold(V::load(&lanes), |most, quad| most.max(V::load(quad))).store(&mut lanes);
    lanes.iter().chain(tail).fold(f32::NEG_INFINITY, |most, &x| if x > most { x } else { most })
}

/// How many exponentials are computed at once, aside: their logarithm needs the values themselves again.
const BLOCK: usize = 64;

/// `e^(x - m) / Σ e^(x - m)` of each row of `columns` values, m being its greatest; with `log`, the logarithm of that. A
/// row of nothing but -∞ has no softmax: NaN.
pub fn softmax<V: Vector>(values: &mut [f32], columns: usize, log: bool) {
    for row in values.chunks_exact_mut(columns) {
        let greatest = greatest::<V>(row);
        let mut sum = 0.0;
        for block in row.chunks_mut(BLOCK) {
            let mut exponentials = [0.0; BLOCK];
            let exponentials = &mut exponentials[..block.len()];
            exponentials.copy_from_slice(block);
            lanes::apply::<V>(exponentials, Function::ExpMinus(greatest));
            for quad in exponentials.chunks(LANES) {
                sum += quad.iter().copied().map(f64::from).sum::<f64>();
            }
            if !log {
                block.copy_from_slice(exponentials);
            }
        }
        let offset = ln(sum);
        let finish = |x: f32| if log { f64::from(x) - f64::from(greatest) - offset } else { f64::from(x) / sum };
        row.iter_mut().for_each(|x| *x = finish(*x) as f32);
    }
}
