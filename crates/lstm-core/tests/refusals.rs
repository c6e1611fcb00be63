//! Requests that must be refused, and leave what was there as it was.

use lstm_core::Shape;
use lstm_core::cell::Cell;
use lstm_core::config::Options;
use lstm_core::gemm::PackedA;
use lstm_core::{Call, Config, Error, Stack, Stream};

fn options(cell: Cell) -> Options {
    Options { cell, input_size: 3, hidden_size: 4, ..Options::default() }
}

#[test]
fn options_at_odds() {
    for cell in Cell::ALL {
        let refused = |options: Options| Config::new(options).unwrap_err();
        assert_eq!(refused(Options { input_size: 0, ..options(cell) }), Error::InputSize);
        assert_eq!(refused(Options { hidden_size: 0, ..options(cell) }), Error::HiddenSize);
        for num_layers in [0, 1 << 16, usize::MAX] {
            assert_eq!(refused(Options { num_layers, ..options(cell) }), Error::NumLayers);
        }
        let most = if cell == Cell::Lstm { 4 } else { 1 };
        assert_eq!(refused(Options { proj_size: most, ..options(cell) }), Error::ProjSize);
        for dropout in [-0.1, 1.1, f32::NAN] {
            assert_eq!(refused(Options { dropout, ..options(cell) }), Error::Dropout);
        }
    }
}

#[test]
fn more_than_32_bits_can_address() {
    for cell in Cell::ALL {
        let huge = [
            Options { hidden_size: 1 << 16, ..options(cell) },
            Options { input_size: usize::MAX, ..options(cell) },
            Options { hidden_size: usize::MAX - 3, ..options(cell) },
            Options { num_layers: 65_535, hidden_size: 100, bidirectional: true, ..options(cell) },
        ];
        for options in huge {
            let refused = Config::new(options).and_then(Stack::new).map(|_| ()).unwrap_err();
            assert!(matches!(refused, Error::OutOfMemory { bytes } if bytes > 4_000_000_000), "{options:?}: {refused}");
        }
        let config = Config::new(options(cell)).unwrap();
        let mut stack = Stack::new(config).unwrap();
        for (steps, batch) in [(1 << 20, 1 << 10), (usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX)] {
            let refused = stack.reserve(Shape::padded(steps, batch), None).unwrap_err();
            assert!(matches!(refused, Error::OutOfMemory { .. }));
        }
        assert!(matches!(Stream::new(config, 1 << 28).map(|_| ()).unwrap_err(), Error::OutOfMemory { .. }));
        stack.reserve(Shape::padded(2, 2), None).unwrap();
        stack.forward(Call::default(), &mut PackedA::new()).unwrap();
    }
}

#[test]
fn batch_sizes_that_do_not_fit() {
    for cell in Cell::ALL {
        let mut stack = Stack::new(Config::new(options(cell)).unwrap()).unwrap();
        stack.reserve(Shape { steps: 3, batch: 3, rows: 6 }, None).unwrap();
        let packed = Call { packed: true, ..Call::default() };
        for wrong in [[1, 2, 3], [4, 1, 1], [3, 3, 0], [2, 2, 1], [3, 3, 3]] {
            stack.batch_sizes_mut().copy_from_slice(&wrong);
            assert_eq!(stack.forward(packed, &mut PackedA::new()).unwrap_err(), Error::BatchSizes, "{wrong:?}");
        }
        stack.batch_sizes_mut().copy_from_slice(&[3, 2, 1]);
        stack.forward(packed, &mut PackedA::new()).unwrap();
    }
}

#[test]
fn backward_without_a_forward() {
    for cell in Cell::ALL {
        let mut stack = Stack::new(Config::new(options(cell)).unwrap()).unwrap();
        assert_eq!(stack.backward(0, &mut PackedA::new()).unwrap_err(), Error::NoForward);
        stack.reserve(Shape::padded(2, 2), None).unwrap();
        stack.reserve_training(None).unwrap();
        stack.forward(Call::default(), &mut PackedA::new()).unwrap();
        assert_eq!(
            stack.backward(0, &mut PackedA::new()).unwrap_err(),
            Error::NoForward,
            "an ordinary forward keeps nothing"
        );
        stack.forward(Call { keeps: true, ..Call::default() }, &mut PackedA::new()).unwrap();
        stack.backward(0, &mut PackedA::new()).unwrap();
        assert_eq!(stack.backward(0, &mut PackedA::new()).unwrap_err(), Error::NoForward, "twice");
    }
}

#[test]
fn nothing_to_run_passes_the_state_through() {
    for cell in Cell::ALL {
        let mut stack = Stack::new(Config::new(options(cell)).unwrap()).unwrap();
        for (shape, packed) in
            [(Shape::padded(0, 2), false), (Shape { steps: 0, batch: 2, rows: 0 }, true), (Shape::padded(3, 0), false)]
        {
            stack.reserve(shape, None).unwrap();
            stack.h_mut().fill(0.25);
            stack.forward(Call { packed, ..Call::default() }, &mut PackedA::new()).unwrap();
            assert!(stack.h_mut().iter().all(|&h| h == 0.25) && stack.output().is_empty());
        }
    }
}

/// A training forward of `input` values, each this one.
fn train(stack: &mut Stack, value: f32) {
    stack.reserve(Shape::padded(3, 2), None).unwrap();
    stack.reserve_training(None).unwrap();
    stack.input_mut().fill(value);
    stack.h_mut().fill(0.0);
    stack.c_mut().fill(0.0);
    stack.forward(Call { keeps: true, ..Call::default() }, &mut PackedA::new()).unwrap();
}

/// The gradients of the input and of all parameters after going back through forward `index`.
fn gradients(stack: &mut Stack, index: usize) -> Vec<f32> {
    let training = stack.backward_memory().unwrap();
    training.zero_gradients();
    training.d_output_mut().fill(1.0);
    training.d_h_mut().fill(0.0);
    training.d_c_mut().fill(0.0);
    stack.backward(index, &mut PackedA::new()).unwrap();
    let training = stack.backward_memory().unwrap();
    let d_input = training.d_input().to_vec();
    [&d_input[..], training.gradients_mut()].concat()
}

fn trained(cell: Cell) -> Stack {
    let mut stack = Stack::new(Config::new(options(cell)).unwrap()).unwrap();
    for (index, value) in stack.parameters_mut().iter_mut().enumerate() {
        *value = (index as f32 * 0.37).sin() * 0.5;
    }
    stack
}

#[test]
fn waiting_forwards_are_gone_back_through_in_any_order() {
    for cell in Cell::ALL {
        let mut stack = trained(cell);
        let alone = [0.5, -0.25, 1.0].map(|value| {
            train(&mut stack, value);
            gradients(&mut stack, 0)
        });
        for value in [0.5, -0.25, 1.0] {
            train(&mut stack, value);
        }
        assert_eq!(gradients(&mut stack, 1), alone[1]);
        assert_eq!(gradients(&mut stack, 0), alone[0]);
        assert_eq!(gradients(&mut stack, 0), alone[2]);
    }
}

#[test]
fn backward_with_other_weights_than_its_forward() {
    for cell in Cell::ALL {
        let mut stack = trained(cell);
        let count = stack.parameters().len();
        for index in [0, count / 2, count - 1] {
            train(&mut stack, 0.5);
            let before = stack.parameters()[index];
            stack.parameters_mut()[index] += 1.0;
            assert_eq!(stack.backward(0, &mut PackedA::new()).unwrap_err(), Error::StaleForward, "parameter {index}");
            // A forward in between takes the new weights; the old forward stays another's.
            stack.reserve(Shape::padded(1, 1), None).unwrap();
            stack.forward(Call::default(), &mut PackedA::new()).unwrap();
            assert_eq!(stack.backward(0, &mut PackedA::new()).unwrap_err(), Error::StaleForward, "parameter {index}");
            stack.parameters_mut()[index] = before;
            stack.backward_memory().unwrap().discard(usize::MAX);
        }
        train(&mut stack, 0.5);
        stack.parameters_mut(); // the same values
        stack.backward(0, &mut PackedA::new()).unwrap();
    }
}
