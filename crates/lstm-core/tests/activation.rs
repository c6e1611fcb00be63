//! σ and tanh against float64: every 61st float, 70 million in all, and the ends of the range.

use lstm_core::activation::Constants;
use lstm_core::simd::{Scalar, Vector};

/// The smallest normal float32.
const TINY: f64 = 1.175_494_350_822_287_5e-38;
/// A prime, so that every exponent meets every pattern of low bits. 1 sweeps all 2^32 (two minutes).
const STRIDE: usize = 61;

fn sigmoid(x: Scalar) -> Scalar {
    Constants::get().sigmoid(x)
}

fn tanh(x: Scalar) -> Scalar {
    Constants::get().tanh(x)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn lanes(function: fn(Scalar) -> Scalar, x: f32) -> f32 {
    let mut values = [0.0; 4];
    function(Scalar::splat(x)).store(&mut values);
    assert!(values.iter().all(|v| v.to_bits() == values[0].to_bits()));
    values[0]
}

/// The worst error in units in the last place where |y| >= 2^-126; below, the error must be at most 2^-126.
fn sweep(function: fn(Scalar) -> Scalar, exact: fn(f64) -> f64, stride: usize) -> f64 {
    let mut worst = (0.0, 0.0);
    for bits in (0..=u32::MAX).step_by(stride) {
        let x = f32::from_bits(bits);
        let y = lanes(function, x);
        if x.is_nan() {
            assert!(y.is_nan(), "NaN in must be NaN out");
            continue;
        }
        assert!(y.is_finite(), "f({x:e}) = {y}"); // a comparison with NaN would find no error
        let (y, expected) = (f64::from(y), exact(f64::from(x)));
        let error = (y - expected).abs();
        if expected.abs() < TINY {
            assert!(error <= TINY, "f({x:e}) = {y:e}, expected {expected:e}");
        } else {
            // One unit in the last place of a float32 in [2^e, 2^(e+1)) is 2^(e-23).
            let ulp = 2.0_f64.powi(expected.abs().log2().floor() as i32 - 23);
            if error / ulp > worst.0 {
                worst = (error / ulp, x);
            }
        }
    }
    println!("worst error {:.3} ulp at {:e}", worst.0, worst.1);
    worst.0
}

#[test]
fn sigmoid_is_within_4_ulp() {
    assert!(sweep(sigmoid, logistic, STRIDE) <= 4.0);
}

#[test]
fn tanh_is_within_4_ulp() {
    assert!(sweep(tanh, f64::tanh, STRIDE) <= 4.0);
}

/// Infinity times 0 beyond 88.7.
fn broken(x: Scalar) -> Scalar {
    let mut values = [0.0; 4];
    x.store(&mut values);
    let e = values[0].exp();
    Scalar::splat(if e.is_infinite() { e * 0.0 } else { e / (1.0 + e) })
}

#[test]
#[should_panic(expected = "= NaN")]
fn the_sweep_sees_a_nan() {
    sweep(broken, logistic, 1_000_003);
}

#[test]
fn both_saturate() {
    for x in [100.0, 1e30, f32::MAX, f32::INFINITY] {
        assert_eq!(lanes(sigmoid, x), 1.0);
        assert_eq!(lanes(sigmoid, -x), 0.0);
        assert_eq!(lanes(tanh, x), 1.0);
        assert_eq!(lanes(tanh, -x), -1.0);
    }
    assert_eq!(lanes(sigmoid, 0.0), 0.5);
    assert_eq!(lanes(tanh, -0.0).to_bits(), (-0.0_f32).to_bits());
    for nan in [f32::NAN, -f32::NAN] {
        assert!(lanes(sigmoid, nan).is_nan() && lanes(tanh, nan).is_nan());
    }
}
