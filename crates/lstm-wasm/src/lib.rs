//! The boundary between [`lstm_core`] and TypeScript: coarse free functions over integer handles, numbers only.
//!
//! No strings, slices, exported structs or `Result`: those would pull `TextDecoder` and allocation into the glue, and an
//! AudioWorklet has neither to spare. Values cross through memory, at the addresses that [`address`] and its like tell;
//! every reservation may move them. A status is 0, or [`lstm_core::Error::code`]; an unknown handle, or a number that
//! stands for nothing, is a bug of ours and traps.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(any(target_arch = "wasm32", test))]
mod heap;
mod narrow;
mod objects;
#[cfg(target_arch = "wasm32")]
mod runtime;
mod train;

use crate::objects::{BYTES, PACKED_A, STACKS, STREAMS};
use lstm_core::backward_memory::Traced;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::dropout::Draw;
use lstm_core::random::fill_uniform;
use lstm_core::{Call, Config, Error, Shape, Stack, Stream};
use wasm_bindgen::prelude::wasm_bindgen;

fn with_stack<R>(stack: u32, action: impl FnOnce(&mut Stack) -> R) -> R {
    STACKS.of(stack, action)
}

fn with_stream<R>(stream: u32, action: impl FnOnce(&mut Stream) -> R) -> R {
    STREAMS.of(stream, action)
}

fn status(result: Result<(), Error>) -> u32 {
    result.map_or_else(refuse, |()| 0)
}

/// The code of an error, its number of bytes kept for [`refused_bytes`].
fn refuse(error: Error) -> u32 {
    if let Error::OutOfMemory { bytes } = error {
        BYTES.with(|kept| *kept = bytes);
    }
    error.code()
}

/// A handle as it is, or an error's code as a negative number.
fn handle(result: Result<u32, Error>) -> i32 {
    result.map_or_else(|error| -(refuse(error) as i32), |handle| handle as i32)
}

fn address_of<T>(values: &[T]) -> usize {
    values.as_ptr().addr()
}

/// How many bytes the last request took that was refused for want of memory.
#[wasm_bindgen(js_name = refusedBytes)]
pub fn refused_bytes() -> f64 {
    BYTES.with(|kept| *kept) as f64
}

/// How many bytes of memory all objects hold.
#[wasm_bindgen(js_name = usedBytes)]
pub fn used_bytes() -> f64 {
    #[cfg(target_arch = "wasm32")]
    return f64::from(runtime::used_bytes());
    #[cfg(not(target_arch = "wasm32"))]
    0.0
}

/// A new recurrent network of so many layers, all parameters 0: its handle, or minus an error's code. `cell` is a place in
/// [`Cell::ALL`], `weights` one in [`Weights::ALL`].
#[wasm_bindgen(js_name = stackNew)]
#[allow(clippy::too_many_arguments)] // an option each
pub fn stack_new(
    cell: usize,
    input_size: usize,
    hidden_size: usize,
    num_layers: usize,
    proj_size: usize,
    bias: bool,
    bidirectional: bool,
    dropout: f32,
    weights: usize,
) -> i32 {
    let cell = Cell::ALL[cell];
    let options = Options { cell, input_size, hidden_size, num_layers, proj_size, bias, bidirectional, dropout };
    let stack = Config::new(options).and_then(|config| Stack::new(config.with_weights(Weights::ALL[weights])));
    handle(stack.and_then(|stack| STACKS.with(|table| table.insert(stack))))
}

/// Gives the memory of a stack back.
#[wasm_bindgen(js_name = stackFree)]
pub fn stack_free(stack: u32) {
    STACKS.with(|table| table.remove(stack));
}

/// How many parameters a stack has.
#[wasm_bindgen(js_name = parameterCount)]
pub fn parameter_count(stack: u32) -> usize {
    with_stack(stack, |stack| stack.layout().parameters().len())
}

/// One fact of a parameter: 0 kind (weight_ih, weight_hh, bias_ih, bias_hh, weight_hr), 1 layer, 2 direction, 3 address,
/// 4 rows, 5 columns (0 for a vector), 6 the address of its gradient (0 before the first training forward).
#[wasm_bindgen]
pub fn parameter(stack: u32, index: usize, fact: u32) -> usize {
    with_stack(stack, |stack| {
        let parameter = stack.layout().parameters()[index];
        match fact {
            0 => parameter.kind as usize,
            1 => parameter.layer,
            2 => parameter.direction,
            3 => address_of(parameter.of(stack.parameters())),
            4 => parameter.rows,
            5 => parameter.columns,
            6 => stack.backward_memory().map_or(0, |memory| address_of(parameter.of(memory.gradients_mut()))),
            _ => panic!("no such fact"),
        }
    })
}

/// Says that parameters may have been written.
#[wasm_bindgen(js_name = parametersChanged)]
pub fn parameters_changed(stack: u32) {
    with_stack(stack, |stack| {
        stack.parameters_mut();
    });
}

/// Draws all parameters of a stack as `reset_parameters` does after `torch.manual_seed(seed)`, uniform within ± `bound`.
#[wasm_bindgen(js_name = stackDraw)]
pub fn stack_draw(stack: u32, seed: u32, bound: f32) {
    with_stack(stack, |stack| fill_uniform(stack.parameters_mut(), seed, bound));
}

/// A number that grows when the values of parameters change.
#[wasm_bindgen]
pub fn version(stack: u32) -> u32 {
    with_stack(stack, Stack::version)
}

/// Makes room for a forward or a stream's run, and if it `keeps` what a trace or its backward reads, for that too: with a
/// checkpoint every so many steps, 0 for none.
#[wasm_bindgen]
pub fn reserve(stack: u32, steps: usize, batch: usize, rows: usize, keeps: bool, every: usize) -> u32 {
    let every = (every > 0).then_some(every);
    status(with_stack(stack, |stack| {
        stack.reserve(Shape { steps, batch, rows }, None)?;
        if keeps { stack.reserve_training(every) } else { Ok(()) }
    }))
}

/// Where the last reservation put: 0 input, 1 output, 2 h, 3 c, 4 batch sizes (u32); if it was one for training, the
/// gradients of 5 the output, 6 the input, 7 h and 8 c.
#[wasm_bindgen]
pub fn address(stack: u32, buffer: u32) -> usize {
    with_stack(stack, |stack| match (buffer, stack.backward_memory()) {
        (0, _) => address_of(stack.input_mut()),
        (1, _) => address_of(stack.output()),
        (2, _) => address_of(stack.h_mut()),
        (3, _) => address_of(stack.c_mut()),
        (5, Some(memory)) => address_of(memory.d_output_mut()),
        (6, Some(memory)) => address_of(memory.d_input()),
        (7, Some(memory)) => address_of(memory.d_h_mut()),
        (8, Some(memory)) => address_of(memory.d_c_mut()),
        (4, _) => address_of(stack.batch_sizes_mut()),
        _ => panic!("no such buffer"),
    })
}

/// Runs the stack over what was reserved, and `keeps` what a trace or its backward reads. A negative `call` drops nothing, else
/// `seed` and `call` draw the dropout masks.
#[wasm_bindgen]
pub fn forward(stack: u32, batch_first: bool, packed: bool, keeps: bool, seed: f64, call: f64) -> u32 {
    let dropout = (call >= 0.0).then_some(Draw { seed: seed as u64, call: call as u64 });
    let call = Call { batch_first, packed, dropout, keeps };
    status(with_stack(stack, |stack| PACKED_A.with(|packed_a| stack.forward(call, packed_a))))
}

/// Goes back through training forward `index` of those that wait for it, the oldest being 0.
#[wasm_bindgen]
pub fn backward(stack: u32, index: usize) -> u32 {
    status(with_stack(stack, |stack| PACKED_A.with(|packed_a| stack.backward(index, packed_a))))
}

/// Gives up on the training forwards that wait for backward: the last one, or all of them.
#[wasm_bindgen]
pub fn forget(stack: u32, all: bool) {
    let count = if all { usize::MAX } else { 1 };
    with_stack(stack, |stack| stack.backward_memory().map_or((), |memory| memory.discard(count)));
}

/// Copies out the norms of dL/dh(t), or with `of_c` of dL/dc(t), of the last backward at every row of one direction
/// of one layer, and tells where.
#[wasm_bindgen(js_name = gradientNorms)]
pub fn gradient_norms(stack: u32, layer: usize, direction: usize, of_c: bool) -> usize {
    with_stack(stack, |stack| {
        let config = *stack.config();
        let norms = stack.backward_memory().map(|memory| memory.norms(&config, layer, direction, of_c));
        norms.map_or(0, address_of)
    })
}

/// Copies out what the last training forward kept of one direction of one layer and tells where: `what` is a number in [`Cell::places`] (LSTM: 0 i, 1 f,
/// 2 g, 3 o; GRU: 0 r, 1 z, 2 n, 3 the recurrent part of n before the reset gate), or 4 for c, 5 for h.
#[wasm_bindgen]
pub fn trace(stack: u32, layer: usize, direction: usize, what: usize) -> usize {
    let traced = match what {
        4 => Traced::C,
        5 => Traced::H,
        gate => Traced::Gate(gate),
    };
    with_stack(stack, |stack| {
        let config = *stack.config();
        stack.backward_memory().map_or(0, |memory| address_of(memory.trace(&config, layer, direction, traced)))
    })
}

/// A new stream of `batch` sequences through a stack of one direction: its handle, or minus an error's code.
#[wasm_bindgen(js_name = streamNew)]
pub fn stream_new(stack: u32, batch: usize) -> i32 {
    let stream = Stream::new(with_stack(stack, |stack| *stack.config()), batch);
    handle(stream.and_then(|stream| STREAMS.with(|table| table.insert(stream))))
}

/// Gives the memory of a stream back.
#[wasm_bindgen(js_name = streamFree)]
pub fn stream_free(stream: u32) {
    STREAMS.with(|table| table.remove(stream));
}

/// Where a stream keeps: 0 input, 1 output, 2 h, 3 c. They never move.
#[wasm_bindgen(js_name = streamAddress)]
pub fn stream_address(stream: u32, buffer: u32) -> usize {
    with_stream(stream, |stream| match buffer {
        0 => address_of(stream.input_mut()),
        1 => address_of(stream.output()),
        2 => address_of(stream.h_mut()),
        3 => address_of(stream.plain_c_mut()),
        _ => panic!("no such buffer"),
    })
}

/// One step of a stream of `stack`.
#[wasm_bindgen(js_name = streamStep)]
pub fn stream_step(stack: u32, stream: u32) {
    with_stack(stack, |stack| with_stream(stream, |stream| PACKED_A.with(|packed_a| stream.step(stack, packed_a))));
}

/// Runs a stream over the steps that [`reserve`] made room for in its stack, whose input and output it uses.
#[wasm_bindgen(js_name = streamRun)]
pub fn stream_run(stack: u32, stream: u32) -> u32 {
    status(with_stack(stack, |stack| {
        with_stream(stream, |stream| PACKED_A.with(|packed_a| stream.run(stack, packed_a)))
    }))
}

/// Brings the c that [`stream_address`] tells up to date.
#[wasm_bindgen(js_name = streamSave)]
pub fn stream_save(stream: u32) {
    with_stream(stream, Stream::save_c);
}

/// Takes the c that was written at [`stream_address`].
#[wasm_bindgen(js_name = streamLoad)]
pub fn stream_load(stream: u32) {
    with_stream(stream, Stream::load_c);
}
