//! Units that fill a vector up, and columns that fill a panel up, must not be felt: also where an input is infinite or NaN,
//! which times their zero weights is NaN.

mod common;

use common::lstm_with;
use lstm_core::config::Options;
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

fn lstm(hidden_size: usize, proj_size: usize, bidirectional: bool) -> Stack {
    let options =
        Options { input_size: INPUTS, hidden_size, num_layers: 2, proj_size, bidirectional, ..Options::default() };
    lstm_with(options, |name, len| random(len, name.bytes().map(u32::from).sum()))
}

/// Everything that a training forward with `x` in one place, and its backward, give: gradients by name.
fn train(lstm: &mut Stack, x: f32, every: Option<usize>) -> Vec<(String, Vec<f32>)> {
    let packed_a = &mut PackedA::new();
    lstm.reserve(Shape::padded(STEPS, BATCH), None).unwrap();
    lstm.reserve_training(every).unwrap();
    lstm.input_mut().copy_from_slice(&random(STEPS * BATCH * INPUTS, 5));
    lstm.input_mut()[ROW * INPUTS + 1] = x;
    lstm.forward(Call { training: true, ..Call::default() }, packed_a).unwrap();
    let output = lstm.output().to_vec();
    let (layout, config) = (lstm.layout().clone(), *lstm.config());
    let training = lstm.backward_memory().unwrap();
    training.d_output_mut()[..output.len()].copy_from_slice(&random(output.len(), 6));
    training.d_h_mut().fill(0.5);
    training.d_memory_mut().fill(0.25);
    lstm.backward(0, packed_a).unwrap();
    let training = lstm.backward_memory().unwrap();
    let mut results = vec![
        ("output".into(), output),
        ("d_input".into(), training.d_input()[..STEPS * BATCH * INPUTS].to_vec()),
        ("d_h".into(), training.d_h_mut().to_vec()),
        ("d_c".into(), training.d_memory_mut().to_vec()),
        ("norms".into(), training.norms(&config, 0, 0, true).to_vec()),
    ];
    for parameter in layout.parameters() {
        results.push((parameter.name(), parameter.of(training.gradients_mut()).to_vec()));
    }
    results
}

#[test]
fn an_infinite_input_reaches_only_what_it_meets() {
    for (hidden, proj, bidirectional) in [(4, 0, false), (5, 0, false), (6, 3, false), (7, 0, true), (9, 5, true)] {
        for every in [None, Some(1)] {
            // Gates that saturate do so alike for all that is large enough.
            let mut infinite = lstm(hidden, proj, bidirectional);
            let large = train(&mut lstm(hidden, proj, bidirectional), 1e30, every);
            for ((name, actual), (_, expected)) in train(&mut infinite, f32::INFINITY, every).iter().zip(&large) {
                for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
                    // The gradient of its own weights is 0 times infinity, as PyTorch has it.
                    let own = name.starts_with("weight_ih_l0") && index % INPUTS == 1;
                    assert!(a == e || own, "H = {hidden}, {name}[{index}] is {a}, expected {e}");
                }
            }
        }
    }
}

#[test]
fn a_stream_forgets_a_nan_with_its_state() {
    let config = *lstm(5, 0, false).config();
    let (mut lstm, packed_a) = (lstm(5, 0, false), &mut PackedA::new());
    let [mut used, mut fresh] = [1, 2].map(|_| Stream::new(config, 1).unwrap());
    used.input_mut().copy_from_slice(&[f32::NAN, f32::INFINITY, 1.0]);
    used.step(&mut lstm, packed_a);
    used.h_mut().fill(0.0);
    used.plain_memory_mut().fill(0.0);
    used.load_memory();
    for stream in [&mut used, &mut fresh] {
        stream.input_mut().fill(0.5);
        stream.step(&mut lstm, packed_a);
    }
    assert_eq!(used.output(), fresh.output());
}

#[test]
fn a_linear_layer_keeps_rows_and_columns_apart() {
    for (inputs, outputs) in [(3, 5), (16, 1), (5, 17)] {
        let mut linear = Linear::new(inputs, outputs, true).unwrap();
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
