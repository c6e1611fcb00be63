//! The boundary of [`lstm_core::train`].
//!
//! A parameter is told by three numbers: its family (0 a stack's, 1 a layer's), the handle of its owner, and its index.

use crate::objects::{AnyLayer, LAYERS, LOSS, OPTIMIZERS, PACKED_A, STACKS};
use crate::{address_of, handle, status};
use lstm_core::config::Weights;
use lstm_core::dropout::{self, Draw};
use lstm_core::train::lanes::{self, Function};
use lstm_core::train::softmax::softmax;
use lstm_core::train::{Buffer, Embedding, Layer, Linear, Optimizer, Parameter, Rule, Standalone, optimizer};
use lstm_core::{
    Error,
    simd::{Native, Vector},
};
use wasm_bindgen::prelude::wasm_bindgen;

fn with_layer<R>(layer: u32, action: impl FnOnce(&mut dyn Layer) -> R) -> R {
    LAYERS.of(layer, |layer| action(layer.get()))
}

fn insert(layer: Result<AnyLayer, Error>) -> i32 {
    handle(layer.and_then(|layer| LAYERS.with(|table| table.insert(layer))))
}

/// Values and gradients of a parameter, the values to be written; nothing happens while it has no gradients.
#[inline(never)]
fn with_parameter(family: u32, owner: u32, index: usize, action: &mut dyn FnMut(&mut [f32], &mut [f32])) {
    match family {
        0 => STACKS.of(owner, |stack| {
            stack.parameters_mut();
        }),
        _ => with_layer(owner, |layer| layer.changed()),
    }
    with_gradient(family, owner, index, action);
}

/// [`with_parameter`], the values only to be read.
#[inline(never)]
fn with_gradient(family: u32, owner: u32, index: usize, action: &mut dyn FnMut(&mut [f32], &mut [f32])) {
    if family == 0 {
        return STACKS.of(owner, |stack| {
            if let Some((values, gradients)) = stack.parameter_and_gradient(index) {
                action(values, gradients);
            }
        });
    }
    assert!(family == 1);
    with_layer(owner, |layer| {
        let Parameter { values, gradients } = layer.parameter(index);
        if let Some(gradients) = gradients.get_mut(..values.len()) {
            action(values, gradients);
        }
    });
}

/// A new linear layer with all parameters 0, its weights of a place in [`Weights::ALL`]: its handle, or minus an error's code.
#[wasm_bindgen(js_name = linearNew)]
pub fn linear_new(inputs: usize, outputs: usize, bias: bool, weights: usize) -> i32 {
    insert(Linear::new(inputs, outputs, bias, Weights::ALL[weights]).map(AnyLayer::Linear))
}

/// A new embedding of zeros: its handle, or minus an error's code. Row `padding` gets no gradient, unless it is negative.
#[wasm_bindgen(js_name = embeddingNew)]
pub fn embedding_new(count: usize, dim: usize, padding: i32) -> i32 {
    insert(Embedding::new(count, dim, usize::try_from(padding).ok()).map(AnyLayer::Embedding))
}

/// A parameter of `len` zeros that belongs to no layer: its handle, or minus an error's code.
#[wasm_bindgen(js_name = parameterNew)]
pub fn parameter_new(len: usize) -> i32 {
    insert(Standalone::new(len).map(AnyLayer::Standalone))
}

/// Gives the memory of a layer back.
#[wasm_bindgen(js_name = layerFree)]
pub fn layer_free(layer: u32) {
    LAYERS.with(|table| table.remove(layer));
}

/// Makes room for a forward of so many rows, and if it `trains` for its backward.
#[wasm_bindgen(js_name = layerReserve)]
pub fn layer_reserve(layer: u32, rows: usize, trains: bool) -> u32 {
    status(with_layer(layer, |layer| layer.reserve(rows, trains)))
}

/// Where the last reservation put: 0 the input, 1 the output and for backward its gradient, 2 the input's gradient.
#[wasm_bindgen(js_name = layerAddress)]
pub fn layer_address(layer: u32, buffer: u32) -> usize {
    let buffer = [Buffer::Input, Buffer::Output, Buffer::InputGradient][buffer as usize];
    with_layer(layer, |layer| layer.address(buffer))
}

/// Runs a layer over what was reserved.
#[wasm_bindgen(js_name = layerForward)]
pub fn layer_forward(layer: u32) {
    with_layer(layer, |layer| PACKED_A.with(|packed_a| layer.forward(packed_a)));
}

/// Goes back through the last forward.
#[wasm_bindgen(js_name = layerBackward)]
pub fn layer_backward(layer: u32) {
    with_layer(layer, |layer| PACKED_A.with(|packed_a| layer.backward(packed_a)));
}

/// The address of a layer's parameter, or of its gradient: 0 before the first reservation that trains.
#[wasm_bindgen(js_name = layerParameter)]
pub fn layer_parameter(layer: u32, index: usize, gradient: bool) -> usize {
    with_layer(layer, |layer| {
        let parameter = layer.parameter(index);
        match (gradient, parameter.gradients.is_empty()) {
            (false, _) => address_of(&parameter.values),
            (true, true) => 0,
            (true, false) => address_of(&parameter.gradients),
        }
    })
}

/// Says that parameters may have been written.
#[wasm_bindgen(js_name = layerChanged)]
pub fn layer_changed(layer: u32) {
    with_layer(layer, |layer| layer.changed());
}

/// A number that grows when the values of parameters change that a backward of the layer reads.
#[wasm_bindgen(js_name = layerVersion)]
pub fn layer_version(layer: u32) -> u32 {
    with_layer(layer, |layer| layer.version())
}

/// The sum of the squares of a parameter's gradient.
#[wasm_bindgen(js_name = gradientSquares)]
pub fn gradient_squares(family: u32, owner: u32, index: usize) -> f64 {
    let mut sum = 0.0;
    with_gradient(family, owner, index, &mut |_, gradients| sum = optimizer::sum_of_squares(gradients));
    sum
}

/// Changes a parameter's gradient four values at a time.
fn map_gradient(family: u32, owner: u32, index: usize, map: impl Fn(Native) -> Native) {
    with_gradient(family, owner, index, &mut |_, gradients| {
        lanes::update(gradients, &[], &mut [], &|gradients, _, _| {
            gradients.iter_mut().for_each(|g| map(Native::load(g)).store(g));
        });
    });
}

/// Multiplies a parameter's gradient.
#[wasm_bindgen(js_name = gradientScale)]
pub fn gradient_scale(family: u32, owner: u32, index: usize, factor: f32) {
    map_gradient(family, owner, index, |g| g * Native::splat(factor));
}

/// Brings a parameter's gradient within ± `limit`; a NaN stays.
#[wasm_bindgen(js_name = gradientClamp)]
pub fn gradient_clamp(family: u32, owner: u32, index: usize, limit: f32) {
    map_gradient(family, owner, index, |g| g.max(Native::splat(-limit)).min(Native::splat(limit)));
}

/// Sets a parameter's gradient to 0.
#[wasm_bindgen(js_name = gradientZero)]
pub fn gradient_zero(family: u32, owner: u32, index: usize) {
    with_gradient(family, owner, index, &mut |_, gradients| gradients.fill(0.0));
}

/// A new optimiser of no parameters, by rule: 0 SGD, 1 Adam and AdamW, 2 RMSprop. Its handle, or minus an error's code.
#[wasm_bindgen(js_name = optimizerNew)]
pub fn optimizer_new(rule: u32) -> i32 {
    let rule = [Rule::Sgd, Rule::Adam, Rule::RmsProp][rule as usize];
    handle(OPTIMIZERS.with(|table| table.insert(Optimizer::new(rule))))
}

/// Gives the memory of an optimiser back.
#[wasm_bindgen(js_name = optimizerFree)]
pub fn optimizer_free(optimizer: u32) {
    OPTIMIZERS.with(|table| table.remove(optimizer));
}

/// Takes on a parameter of `len` values with so many buffers of state.
#[wasm_bindgen(js_name = optimizerAdd)]
pub fn optimizer_add(optimizer: u32, len: usize, buffers: usize) -> u32 {
    status(OPTIMIZERS.of(optimizer, |optimizer| optimizer.add(len, buffers)))
}

/// Where the state of a parameter lies: its buffers one after the other, each a multiple of four values long.
#[wasm_bindgen(js_name = optimizerAddress)]
pub fn optimizer_address(optimizer: u32, slot: usize) -> usize {
    OPTIMIZERS.of(optimizer, |optimizer| address_of(optimizer.state_mut(slot)))
}

/// One setting of a rule; [`Rule`] numbers them.
#[wasm_bindgen(js_name = optimizerSet)]
pub fn optimizer_set(optimizer: u32, setting: usize, value: f64) {
    OPTIMIZERS.of(optimizer, |optimizer| optimizer.settings[setting] = value);
}

/// Updates a parameter by its gradient. `power1` and `power2` are Adam's; `power1` 0 says to SGD that it is the first time.
#[wasm_bindgen(js_name = optimizerStep)]
pub fn optimizer_step(optimizer: u32, slot: usize, family: u32, owner: u32, index: usize, power1: f64, power2: f64) {
    OPTIMIZERS.of(optimizer, |optimizer| {
        with_parameter(family, owner, index, &mut |values, gradients| {
            optimizer.step(slot, values, gradients, power1 == 0.0, power1, power2);
        });
    });
}

/// Makes room for a loss, or for [`workspace_dropout`] and [`workspace_tanh`], of so many rows and columns.
#[wasm_bindgen(js_name = lossReserve)]
pub fn loss_reserve(rows: usize, columns: usize) -> u32 {
    status(LOSS.with(|loss| loss.reserve(rows, columns)))
}

/// Where a loss has: 0 the input, and then its gradient, 1 the target, 2 the classes (u32), 3 the weights of the columns.
#[wasm_bindgen(js_name = lossAddress)]
pub fn loss_address(buffer: u32) -> usize {
    LOSS.with(|loss| match buffer {
        0 => address_of(&loss.input),
        1 => address_of(&loss.target),
        2 => address_of(&loss.classes),
        3 => address_of(&loss.weights),
        _ => panic!("no such buffer"),
    })
}

/// Cross-entropy of what was reserved.
#[wasm_bindgen(js_name = lossCrossEntropy)]
pub fn loss_cross_entropy(columns: usize, smoothing: f32, ignored: u32, mean: bool) -> f64 {
    LOSS.with(|loss| loss.cross_entropy(columns, smoothing, Some(ignored), mean))
}

/// Binary cross-entropy with logits of what was reserved.
#[wasm_bindgen(js_name = lossBinaryCrossEntropy)]
pub fn loss_binary_cross_entropy(columns: usize, mean: bool) -> f64 {
    LOSS.with(|loss| loss.binary_cross_entropy(columns, mean))
}

/// Drops values of a loss's input, as `nn.Dropout` does.
#[wasm_bindgen(js_name = workspaceDropout)]
pub fn workspace_dropout(len: usize, p: f32, seed: f64, call: f64) {
    let draw = Draw { seed: seed as u64, call: call as u64 };
    LOSS.with(|loss| dropout::apply(&mut loss.input[..len], p, draw, 0));
}

/// tanh of the values of a loss's input.
#[wasm_bindgen(js_name = workspaceTanh)]
pub fn workspace_tanh(len: usize) {
    LOSS.with(|loss| lanes::apply::<Native>(&mut loss.input[..len], Function::Tanh));
}

/// σ of the values of a loss's input.
#[wasm_bindgen(js_name = workspaceSigmoid)]
pub fn workspace_sigmoid(len: usize) {
    LOSS.with(|loss| lanes::apply::<Native>(&mut loss.input[..len], Function::Sigmoid));
}

/// Softmax, or with `log` its logarithm, of each row of `columns` values of a loss's input.
#[wasm_bindgen(js_name = workspaceSoftmax)]
pub fn workspace_softmax(len: usize, columns: usize, log: bool) {
    LOSS.with(|loss| softmax::<Native>(&mut loss.input[..len], columns, log));
}
