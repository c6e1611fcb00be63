//! The layers and losses of training against float64 formulas and finite differences, in shapes on either side of every
//! block edge.

use lstm_core::buffer;
use lstm_core::config::Weights;
use lstm_core::dropout::philox;
use lstm_core::gemm::PackedA;
use lstm_core::simd::{Native, Scalar, Vector};
use lstm_core::train::{Layer, Linear, Loss, lanes, loss, optimizer};

/// Values in [-1, 1), the same for the same seed.
fn random(len: usize, seed: u32) -> Vec<f32> {
    (0..len).map(|i| philox([i as u32, 0, 0, 0], [seed, 1])[0] as f32 / 2_147_483_648.0 - 1.0).collect()
}

fn assert_close(actual: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    let largest = expected.iter().fold(0.1_f64, |most, value| most.max(value.abs()));
    for (index, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        assert!((f64::from(a) - e).abs() <= tolerance * largest, "value {index}: {a} is not {e}");
    }
}

/// `left (n, k) times right (k, m)`, both told by a function.
fn product(
    n: usize,
    k: usize,
    m: usize,
    left: impl Fn(usize, usize) -> f32,
    right: impl Fn(usize, usize) -> f32,
) -> Vec<f64> {
    let of = |i, j| (0..k).map(|l| f64::from(left(i, l)) * f64::from(right(l, j))).sum();
    (0..n).flat_map(|i| (0..m).map(move |j| (i, j))).map(|(i, j)| of(i, j)).collect()
}

#[test]
fn linear_is_its_formula_and_its_gradients_accumulate() {
    for (rows, inputs, outputs) in [(1, 1, 1), (4, 8, 8), (5, 7, 9), (3, 33, 31), (300, 5, 6), (0, 2, 3)] {
        let mut linear = Linear::new(inputs, outputs, true, Weights::F32).unwrap();
        let [x, w, b, d] =
            [rows * inputs, outputs * inputs, outputs, rows * outputs].map(|len| random(len, len as u32 + 7));
        linear.parameter(0).values.copy_from_slice(&w);
        linear.parameter(1).values.copy_from_slice(&b);
        linear.changed();
        linear.reserve(rows, true).unwrap();
        for times in 1..=2 {
            linear.input_mut().copy_from_slice(&x);
            linear.forward(&mut PackedA::new());
            let mut expected = product(rows, inputs, outputs, |r, k| x[r * inputs + k], |k, o| w[o * inputs + k]);
            expected.iter_mut().enumerate().for_each(|(i, y)| *y += f64::from(b[i % outputs]));
            assert_close(linear.output_mut(), &expected, 2e-6);

            linear.output_mut().copy_from_slice(&d);
            linear.backward(&mut PackedA::new());
            let dx = product(rows, outputs, inputs, |r, o| d[r * outputs + o], |o, i| w[o * inputs + i]);
            assert_close(linear.d_input(), &dx, 2e-6);
            let twice = |values: Vec<f64>| values.into_iter().map(|v| v * f64::from(times)).collect::<Vec<_>>();
            let dw = product(outputs, rows, inputs, |o, r| d[r * outputs + o], |r, i| x[r * inputs + i]);
            assert_close(&linear.parameter(0).gradients, &twice(dw), 4e-6);
            let db = product(1, rows, outputs, |_, _| 1.0, |r, o| d[r * outputs + o]);
            assert_close(&linear.parameter(1).gradients, &twice(db), 4e-6);
        }
    }
}

#[test]
fn the_gradient_of_cross_entropy_is_its_slope() {
    for (rows, columns, smoothing, mean) in
        [(3, 4, 0.0, true), (5, 9, 0.2, true), (2, 1, 0.1, false), (6, 7, 0.5, false)]
    {
        let input: Vec<f32> = random(rows * columns, 3).iter().map(|x| 4.0 * x).collect();
        let run = |input: &[f32]| {
            let mut loss = Loss::new();
            loss.reserve(rows, columns).unwrap();
            loss.input[..input.len()].copy_from_slice(input);
            for (row, class) in loss.classes[..rows].iter_mut().enumerate() {
                *class = if row == 1 { 99 } else { (row % columns) as u32 };
            }
            loss.weights[..columns].iter_mut().enumerate().for_each(|(c, weight)| *weight = 0.5 + c as f32);
            (loss.cross_entropy(columns, smoothing, Some(99), mean), loss.input[..input.len()].to_vec())
        };
        let (_, gradient) = run(&input);
        let slopes: Vec<f64> = (0..input.len())
            .map(|index| {
                let [up, down] = [1.0, -1.0].map(|sign| {
                    let mut moved = input.clone();
                    moved[index] += sign / 256.0;
                    (moved[index], run(&moved).0)
                });
                (up.1 - down.1) / (f64::from(up.0) - f64::from(down.0))
            })
            .collect();
        assert_close(&gradient, &slopes, 2e-4);
    }
}

/// The loss of one row against class 0, and its gradient.
fn cross_entropy(row: &[f32], smoothing: f32) -> (f64, Vec<f32>) {
    let mut loss = Loss::new();
    loss.reserve(1, row.len()).unwrap();
    loss.input.copy_from_slice(row);
    loss.classes[0] = 0;
    loss.weights.fill(1.0);
    (loss.cross_entropy(row.len(), smoothing, None, true), loss.input.clone())
}

/// The loss of one logit, and its gradient.
fn binary_cross_entropy(x: f32, target: f32, weight: f32) -> (f64, f32) {
    let mut loss = Loss::new();
    loss.reserve(1, 1).unwrap();
    (loss.input[0], loss.target[0], loss.weights[0]) = (x, target, weight);
    (loss.binary_cross_entropy(1, true), loss.input[0])
}

#[test]
fn losses_of_large_logits_lose_nothing() {
    let near = |actual: f64, expected: f64| {
        assert!((actual - expected).abs() <= 1e-6 * expected.abs(), "{actual:e} is not {expected:e}");
    };
    // What torch.nn.functional.cross_entropy gives, in float64 where float32 has no digits left.
    for smoothing in [0.0, 0.1] {
        for large in [0.0, 1e8, 1e38, -1e38] {
            let (loss, gradient) = cross_entropy(&[large; 3], smoothing);
            near(loss, 3.0_f64.ln());
            gradient.iter().zip(cross_entropy(&[0.0; 3], smoothing).1).for_each(|(&a, e)| near(a.into(), e.into()));
        }
    }
    near(cross_entropy(&[1e10, 2e10], 0.0).0, 1e10);
    near(cross_entropy(&[-3e38, 3e38], 0.0).0, 6e38);
    near(cross_entropy(&[0.0, f32::NEG_INFINITY, 0.0], 0.0).0, 2.0_f64.ln());
    assert_eq!(cross_entropy(&[0.0, f32::NEG_INFINITY], 0.1).0, f64::INFINITY);
    assert_eq!(cross_entropy(&[f32::NEG_INFINITY, 0.0], 0.0).0, f64::INFINITY);
    for row in [[f32::INFINITY, 0.0], [f32::NEG_INFINITY; 2], [0.0, f32::NAN]] {
        assert!(cross_entropy(&row, 0.0).0.is_nan(), "{row:?}");
    }

    for weight in [1.0, 3.0] {
        for x in [0.5, 20.0, 40.0, 88.0, 600.0, 1e38] {
            let (x64, e) = (f64::from(x), (-f64::from(x)).exp());
            let w = f64::from(weight);
            near(binary_cross_entropy(x, 1.0, weight).0, w * e.ln_1p());
            near(binary_cross_entropy(-x, 0.0, weight).0, e.ln_1p());
            near(binary_cross_entropy(x, 0.0, weight).0, x64 + e.ln_1p());
            near(binary_cross_entropy(-x, 1.0, weight).0, w * (x64 + e.ln_1p()));
            // float32's smallest numbers have few digits.
            if x < 80.0 {
                near(binary_cross_entropy(x, 1.0, weight).1.into(), -w * e / (1.0 + e));
                near(binary_cross_entropy(-x, 0.0, weight).1.into(), e / (1.0 + e));
            }
            near(binary_cross_entropy(x, 0.0, weight).1.into(), 1.0 / (1.0 + e));
        }
    }
}

#[test]
fn roots_exponentials_and_logarithms_are_those_of_std() {
    for seed in 0..20_000 {
        let bits = philox([seed, 0, 0, 0], [5, 5])[0] & 0x7fff_ffff;
        let x = f32::from_bits(bits);
        let mut root = [x; 4];
        Scalar::load(&root.clone()).sqrt().store(&mut root);
        assert!(root[0] == x.sqrt() || x.is_nan() && root[0].is_nan(), "the root of {x}");

        let y = f64::from(seed) / 400.0;
        assert!((loss::exp64(-y) / (-y).exp() - 1.0).abs() < 1e-14, "e to the -{y}");
        assert!(
            (loss::ln_1p((-y).exp()) / (-y).exp().ln_1p() - 1.0).abs() < 1e-14,
            "the logarithm of 1 + e to the -{y}"
        );
        let positive = f64::from(seed + 1) * 0.37;
        assert!((loss::ln(positive) - positive.ln()).abs() < 1e-14, "the logarithm of {positive}");

        let mut e = [-y as f32; 3];
        lanes::apply::<Native>(&mut e, lanes::Function::ExpMinus(0.0));
        let expected = f64::from(-(y as f32)).exp();
        assert!((f64::from(e[0]) - expected).abs() <= 4e-7 * expected + 2e-38, "e to the -{y}: {}", e[0]);
    }
    assert!(loss::ln(f64::NAN).is_nan() && loss::ln(-1.0).is_nan());
}

#[test]
fn a_tail_is_updated_as_the_rest() {
    for len in 0..11 {
        let (start, gradients) = (random(len, 1), random(len, 2));
        let settings = [0.1, 0.01, 0.9, 0.99, 1e-8, 0.0];
        let step = |values: &mut [f32], gradients: &[f32]| {
            let mut state: Vec<f32> = buffer::zeros(2 * lanes::state_len(values.len())).unwrap();
            optimizer::adam::<Native>(settings, values, gradients, &mut state, 0.9, 0.99);
        };
        let mut together = start.clone();
        step(&mut together, &gradients);
        for index in 0..len {
            let mut alone = [start[index]];
            step(&mut alone, &gradients[index..=index]);
            assert_eq!(alone[0], together[index], "value {index} of {len}");
        }
    }
}
