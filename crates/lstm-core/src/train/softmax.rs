//! Softmax and its logarithm over rows, `torch.nn.functional`'s, sums in float64.

use super::lanes;
use super::loss::ln;
use crate::activation::Constants;
use crate::simd::{LANES, Vector};

/// `e^(x - m) / Σ e^(x - m)` of each row of `columns` values, m being its greatest; with `log`, the logarithm of that. A
/// row of nothing but -∞ has no softmax: NaN.
pub fn softmax<V: Vector>(values: &mut [f32], columns: usize, log: bool) {
    let k = Constants::<V>::get();
    for row in values.chunks_exact_mut(columns) {
        let greatest = row.iter().copied().fold(f32::NEG_INFINITY, |most, x| if most > x { most } else { x });
        let shift = V::splat(greatest);
        let mut sum = 0.0;
        for block in row.chunks_mut(LANES) {
            let mut exponentials = [f32::NEG_INFINITY; LANES]; // e^-∞ is 0
            exponentials[..block.len()].copy_from_slice(block);
            lanes::map::<V>(&mut exponentials, |x| k.exp_minus(shift - x));
            sum += exponentials[..block.len()].iter().copied().map(f64::from).sum::<f64>();
            if !log {
                block.copy_from_slice(&exponentials[..block.len()]);
            }
        }
        let offset = ln(sum);
        let finish = |x: f32| if log { f64::from(x) - f64::from(greatest) - offset } else { f64::from(x) / sum };
        row.iter_mut().for_each(|x| *x = finish(*x) as f32);
    }
}
