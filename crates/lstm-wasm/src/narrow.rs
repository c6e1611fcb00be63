//! Weights of integers, value by value.

use crate::objects::{AnyLayer, LAYERS};
use crate::with_stack;
use wasm_bindgen::prelude::wasm_bindgen;

/// A value of a narrow weight; in the column behind the last, the scale of the row. One that is `written`, and no NaN, takes its
/// place: a value rounded by the scale, or another scale. One column further the largest magnitude in the row is written, of which
/// the scale is made.
#[wasm_bindgen(js_name = narrow)]
pub fn narrow_value(stack: u32, index: usize, row: usize, column: usize, written: f32) -> f32 {
    with_stack(stack, |stack| {
        let (matrix, row) = stack.narrow_weight(index, row);
        matrix.narrow_value(row, column, written)
    })
}

/// [`narrow_value`] of a linear layer's weight.
#[wasm_bindgen(js_name = linearNarrow)]
pub fn linear_narrow_value(layer: u32, row: usize, column: usize, written: f32) -> f32 {
    LAYERS.of(layer, |layer| match layer {
        AnyLayer::Linear(linear) => linear.packed_mut().narrow_value(row, column, written),
        _ => panic!("no linear layer"),
    })
}
