//! What the tests share: naive cells in float64, and the golden cases.

#![allow(dead_code, missing_docs)]

pub mod golden;
pub mod reference;

use lstm_core::config::{Options, Weights};
use lstm_core::gemm::PackedB;
use lstm_core::{Config, Stack};

/// A stack with these parameters, in the layout's order.
pub fn stack_with(options: Options, parameter: impl Fn(&str, usize) -> Vec<f32>) -> Stack {
    let mut stack = Stack::new(Config::new(options).unwrap()).unwrap();
    let layout = stack.layout().clone();
    for p in layout.parameters() {
        let values = parameter(&p.name(), p.len());
        assert_eq!(values.len(), p.len(), "{}", p.name());
        stack.parameters_mut()[p.offset..p.offset + p.len()].copy_from_slice(&values);
    }
    stack
}

/// The same stack with weights of integers, each row by a scale of its own, written as TypeScript writes them.
pub fn narrowed(floats: &Stack, weights: Weights) -> Stack {
    let mut stack = Stack::new(floats.config().with_weights(weights)).unwrap();
    let layout = stack.layout().clone();
    for (index, (own, float)) in layout.parameters().iter().zip(floats.layout().parameters()).enumerate() {
        let values = float.of(floats.parameters());
        if own.stored {
            stack.parameters_mut()[own.range()].copy_from_slice(values);
            continue;
        }
        for (row, values) in values.chunks_exact(own.columns).enumerate() {
            let (matrix, column) = stack.narrow_weight(index, row);
            quantize_column(matrix, column, values);
        }
    }
    stack
}

/// Rounds the values of one column to integers, by a scale of their own.
pub fn quantize_column(matrix: &mut PackedB, column: usize, values: &[f32]) {
    let larger = |most: f32, value: &f32| if value.abs() > most || value.is_nan() { value.abs() } else { most };
    matrix.narrow_value(column, matrix.depth() + 1, values.iter().fold(0.0, larger));
    for (k, &value) in values.iter().enumerate() {
        matrix.narrow_value(column, k, value);
    }
}

/// The largest error of `actual`, relative to the largest magnitude expected.
pub fn relative_error(actual: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
    let error = actual.iter().zip(expected).fold(0.0, |most: f64, (&a, e)| {
        assert!(a.is_finite(), "{a} is not a number to compare");
        most.max((f64::from(a) - e).abs())
    });
    if error == 0.0 { 0.0 } else { error / scale }
}
