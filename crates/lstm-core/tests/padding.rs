//! Units that fill a vector up, and columns that fill a panel up, must not be felt: also where an input is infinite or NaN,
//! which times their zero weights is NaN.

mod common;

use common::stack_with;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::dropout::philox;
use lstm_core::gemm::PackedA;
use lstm_core::train::{Layer, Linear};
use lstm_core::{Call, Shape, Stack, Stream};

const STEPS: usize = 3;
const BATCH: usize = 2;
const INPUTS: usize = 3;
/// The step and the sequence of the input that is not finite; it is in column 1.
const ROW: usize = BATCH;

/// Values in [-1, 1) without a zero, the same for the same seed.
fn random(len: usize, seed: u32) -> Vec<f32> {
    (0..len).map(|i| (philox([i as u32, 0, 0, 0], [seed, 1])[0] | 1) as f32 / 2_147_483_648.0 - 1.0).collect()
}

/// The same, all positive for a cell with relu: what saturates elsewhere grows to infinity there, and infinities of both signs
/// would make NaN, as PyTorch has it.
fn random_for(cell: Cell, len: usize, seed: u32) -> Vec<f32> {
    let values = random(len, seed).into_iter();
    values.map(|value| if cell == Cell::RnnRelu { value.abs() } else { value }).collect()
}

fn stack(cell: Cell, hidden_size: usize, proj_size: usize, bidirectional: bool) -> Stack {
    let proj_size = if cell == Cell::Lstm { proj_size } else { 0 };
    let options = Options {
        cell,
        input_size: INPUTS,
        hidden_size,
        num_layers: 2,
        proj_size,
        bidirectional,
        ..Options::default()
    };
    stack_with(options, |name, len| random_for(cell, len, name.bytes().map(u32::from).sum()))
}

/// Everything that a training forward with `x` in one place, and its backward, give: gradients by name.
fn train(stack: &mut Stack, x: f32, every: Option<usize>) -> Vec<(String, Vec<f32>)> {
    let packed_a = &mut PackedA::new();
    let cell = stack.config().cell();
    stack.reserve(Shape::padded(STEPS, BATCH), None).unwrap();
    stack.reserve_training(every).unwrap();
    stack.input_mut().copy_from_slice(&random_for(cell, STEPS * BATCH * INPUTS, 5));
    stack.input_mut()[ROW * INPUTS + 1] = x;
    stack.forward(Call { keeps: true, ..Call::default() }, packed_a).unwrap();
    let output = stack.output().to_vec();
    let (layout, config) = (stack.layout().clone(), *stack.config());
    let training = stack.backward_memory().unwrap();
    training.d_output_mut()[..output.len()].copy_from_slice(&random_for(cell, output.len(), 6));
    training.d_h_mut().fill(0.5);
    training.d_c_mut().fill(0.25);
    stack.backward(0, packed_a).unwrap();
    let training = stack.backward_memory().unwrap();
    let mut results = vec![
        ("output".into(), output),
        ("d_input".into(), training.d_input()[..STEPS * BATCH * INPUTS].to_vec()),
        ("d_h".into(), training.d_h_mut().to_vec()),
        ("d_c".into(), training.d_c_mut().to_vec()),
        ("norms".into(), training.norms(&config, 0, 0, cell.has_c()).to_vec()),
    ];
    for parameter in layout.parameters() {
        results.push((parameter.name(), parameter.of(training.gradients_mut()).to_vec()));
    }
    results
}

#[test]
fn an_infinite_input_reaches_only_what_it_meets() {
    let shapes =
        [(4, 0, false), (5, 0, false), (6, 3, false), (7, 0, true), (9, 5, true), (16, 0, false), (17, 0, true)];
    for (cell, (hidden, proj, bidirectional)) in Cell::ALL.into_iter().flat_map(|cell| shapes.map(|s| (cell, s))) {
        for every in [None, Some(1)] {
            // Gates that saturate do so alike for all that is large enough.
            let mut infinite = stack(cell, hidden, proj, bidirectional);
            let large = train(&mut stack(cell, hidden, proj, bidirectional), 1e30, every);
            for ((name, actual), (_, expected)) in train(&mut infinite, f32::INFINITY, every).iter().zip(&large) {
                for (index, (&a, &e)) in actual.iter().zip(expected).enumerate() {
                    // The gradient of its own weights is 0 times infinity, as PyTorch has it.
                    let own = name.starts_with("weight_ih_l0") && index % INPUTS == 1;
                    // Relu does not saturate: there infinity stands for what is large.
                    let same = a == e || cell == Cell::RnnRelu && a == f32::INFINITY && e > 1e20;
                    assert!(same || own, "{cell:?}, H = {hidden}, {name}[{index}] is {a}, expected {e}");
                }
            }
        }
    }
}

#[test]
fn a_stream_forgets_a_nan_with_its_state() {
    for cell in Cell::ALL {
        let (mut stack, packed_a) = (stack(cell, 5, 0, false), &mut PackedA::new());
        let config = *stack.config();
        let [mut used, mut fresh] = [1, 2].map(|_| Stream::new(config, 1).unwrap());
        used.input_mut().copy_from_slice(&[f32::NAN, f32::INFINITY, 1.0]);
        used.step(&mut stack, packed_a);
        used.h_mut().fill(0.0);
        used.plain_c_mut().fill(0.0);
        used.load_c();
        for stream in [&mut used, &mut fresh] {
            stream.input_mut().fill(0.5);
            stream.step(&mut stack, packed_a);
        }
        assert_eq!(used.output(), fresh.output(), "{cell:?}");
    }
}

#[test]
fn a_linear_layer_keeps_rows_and_columns_apart() {
    for (inputs, outputs) in [(3, 5), (16, 1), (5, 17)] {
        let mut linear = Linear::new(inputs, outputs, true, Weights::F32).unwrap();
        let rows = 6;
        linear.parameter(0).values.copy_from_slice(&random(inputs * outputs, 1));
        linear.changed();
        let mut run = |x: f32| {
            linear.reserve(rows, true).unwrap();
            linear.parameter(0).gradients.fill(0.0);
            linear.input_mut().copy_from_slice(&random(rows * inputs, 2));
            linear.input_mut()[2 * inputs + 1] = x;
            linear.forward(&mut PackedA::new());
            let output = linear.output_mut().to_vec();
            linear.output_mut().copy_from_slice(&random(rows * outputs, 3));
            linear.backward(&mut PackedA::new());
            (output, linear.d_input().to_vec(), linear.parameter(0).gradients.clone())
        };
        let (usual, infinite) = (run(1.0), run(f32::INFINITY));
        for (index, (a, e)) in infinite.0.iter().zip(&usual.0).enumerate() {
            assert_eq!(index / outputs != 2, a == e, "output[{index}]");
        }
        assert_eq!(infinite.1, usual.1);
        for (index, (a, e)) in infinite.2.iter().zip(&usual.2).enumerate() {
            assert_eq!(index % inputs != 1, a == e, "gradient[{index}]");
        }
    }
}
