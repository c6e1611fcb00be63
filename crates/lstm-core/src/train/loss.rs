//! Losses of a batch and their gradients, the formulas of `torch.nn.functional`. Sums run in float64, in order.

use super::lanes;
use super::softmax::greatest;
use crate::Error;
use crate::buffer::{grow, product, request, sum};
use crate::simd::{Native, Vector};
use alloc::vec::Vec;

/// The memory of one loss at a time.
#[derive(Debug)]
pub struct Loss {
    len: usize,
    /// The input, and after a loss its gradient.
    pub input: Vec<f32>,
    /// Values to come close to, as long as the input.
    pub target: Vec<f32>,
    /// The class of each row.
    pub classes: Vec<u32>,
    /// A weight for each column.
    pub weights: Vec<f32>,
}

impl Loss {
    /// No memory yet.
    pub const fn new() -> Self {
        Self { len: 0, input: Vec::new(), target: Vec::new(), classes: Vec::new(), weights: Vec::new() }
    }

    /// Makes room for `rows` rows of `columns` values, all but the weights' contents lost.
    pub fn reserve(&mut self, rows: usize, columns: usize) -> Result<(), Error> {
        self.len = 0;
        let values = product(rows, columns);
        let all = sum(&[values, values, rows as u64, columns as u64]);
        request(all, || {
            grow(&mut self.input, rows * columns)?;
            grow(&mut self.target, rows * columns)?;
            grow(&mut self.classes, rows)?;
            grow(&mut self.weights, columns)
        })?;
        self.len = rows * columns;
        Ok(())
    }

    /// Cross-entropy of rows of `columns` logits against `classes`, with `weights` for the columns; rows of class
    /// `ignored` count nothing. `smoothing` of each target goes evenly to all classes. A mean is over the weights.
    pub fn cross_entropy(&mut self, columns: usize, smoothing: f32, ignored: Option<u32>, mean: bool) -> f64 {
        self.cross_entropy_on::<Native>(columns, smoothing, ignored, mean)
    }

    /// [`Loss::cross_entropy`] on any vector.
    pub fn cross_entropy_on<V: Vector>(
        &mut self,
        columns: usize,
        smoothing: f32,
        ignored: Option<u32>,
        mean: bool,
    ) -> f64 {
        let weights = &self.weights[..columns];
        let counted = self.classes[..self.len / columns].iter().filter(|&&class| ignored != Some(class));
        let total: f64 = counted.map(|&class| f64::from(weights[class as usize])).sum();
        let share = if mean { 1.0 / total } else { 1.0 };
        let smoothing = f64::from(smoothing);
        let each = smoothing / columns as f64;
        let all: f64 = each * weights.iter().copied().map(f64::from).sum::<f64>();

        let mut loss = 0.0;
        for (row, &class) in self.input[..self.len].chunks_exact_mut(columns).zip(&self.classes) {
            if ignored == Some(class) {
                row.fill(0.0);
                continue;
            }
            let class = class as usize;
            let own = (1.0 - smoothing) * f64::from(weights[class]);
            let most = greatest::<V>(row);
            // Before the row is overwritten: Σ q_c (max x - x_c) of the target distribution q. Relative to the greatest, so
            // that nothing cancels where all are large.
            let below = |x: f32| f64::from(most) - f64::from(x);
            let mut expected = own * below(row[class]);
            if smoothing > 0.0 {
                let spread = row.iter().zip(weights).map(|(&x, &weight)| f64::from(weight) * below(x));
                expected += each * spread.sum::<f64>();
            }
            let mass = own + all;
            lanes::apply::<V>(row, lanes::Function::ExpMinus(most));
            let sum: f64 = row.iter().copied().map(f64::from).sum();
            loss += mass * ln(sum) + expected;

            let scale = mass * share / sum;
            let of_class = scale * f64::from(row[class]) - share * (own + each * f64::from(weights[class]));
            for (value, &weight) in row.iter_mut().zip(weights) {
                *value = (scale * f64::from(*value) - share * each * f64::from(weight)) as f32;
            }
            row[class] = of_class as f32;
        }
        loss * share
    }

    /// Binary cross-entropy of logits against probabilities, `weights` multiplying the positive part of each of
    /// `columns` columns.
    pub fn binary_cross_entropy(&mut self, columns: usize, mean: bool) -> f64 {
        let share = self.share(mean);
        let mut loss = 0.0;
        let rows = self.input[..self.len].chunks_exact_mut(columns);
        for (row, targets) in rows.zip(self.target[..self.len].chunks_exact(columns)) {
            for ((x, &y), &weight) in row.iter_mut().zip(targets).zip(&self.weights) {
                let (x64, y) = (f64::from(*x), f64::from(y));
                let e = exp64(-x64.abs());
                let (negative, positive) = (1.0 - y, f64::from(weight) * y);
                // -ln σ(-x) and -ln σ(x), and σ(|x|) and σ(-|x|): no difference of large numbers, and e is at most 1.
                let more = ln_1p(e);
                loss += negative * (x64.max(0.0) + more) + positive * ((-x64).max(0.0) + more);
                let (greater, less) = (1.0 / (1.0 + e), e / (1.0 + e));
                let (sigmoid, rest) = if x64 > 0.0 { (greater, less) } else { (less, greater) };
                *x = (share * (negative * sigmoid - positive * rest)) as f32;
            }
        }
        loss * share
    }

    /// What each value counts.
    fn share(&self, mean: bool) -> f64 {
        if mean { 1.0 / self.len as f64 } else { 1.0 }
    }
}

impl Default for Loss {
    fn default() -> Self {
        Self::new()
    }
}

/// ln(x) of a positive normal number: the exponent, and 2 artanh((m - 1) / (m + 1)) of the mantissa m.
pub fn ln(x: f64) -> f64 {
    if !x.is_normal() || x < 0.0 {
        return if x == f64::INFINITY { x } else { f64::NAN };
    }
    const SQRT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    let exponent = (bits as i64) >> 52;
    let mantissa = f64::from_bits((bits & ((1 << 52) - 1)) + SQRT_HALF);
    exponent as f64 * core::f64::consts::LN_2 + artanh_series((mantissa - 1.0) / (mantissa + 1.0))
}

/// ln(1 + x) for 0 <= x <= 1.
pub fn ln_1p(x: f64) -> f64 {
    // artanh(x / (x + 2)) with an argument of at most 1/3: no step is needed, and nothing is lost near 0.
    artanh_series(x / (x + 2.0))
}

/// 2 artanh(s) for |s| <= 1/3, to float64's precision.
fn artanh_series(s: f64) -> f64 {
    let square = s * s;
    let mut sum = 0.0;
    for odd in (1..=33).rev().step_by(2) {
        sum = sum * square + 1.0 / f64::from(odd);
    }
    2.0 * s * sum
}

/// e^x for x <= 0: 2^n e^r with |r| <= ln(2) / 2 and e^r by its series; 0 below -700.
pub fn exp64(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let n = (x * core::f64::consts::LOG2_E - 0.5) as i64;
    let r = x - n as f64 * core::f64::consts::LN_2;
    let mut sum = 1.0;
    for k in (1..=14).rev() {
        sum = 1.0 + sum * r / f64::from(k);
    }
    sum * f64::from_bits(((1023 + n) as u64) << 52)
}
