//! Norms over the whole range of float32, against float64.

use lstm_core::norm::norm;
use lstm_core::simd::Scalar;

#[test]
fn norms_are_right_from_the_smallest_to_the_largest_number() {
    for exponent in -149..=127 {
        let unit = 2.0_f64.powi(exponent) as f32;
        for len in [1, 3, 4, 7, 128] {
            // Halves would be nothing below the smallest number.
            let values: Vec<f32> =
                (0..len).map(|i| if i % 3 == 1 { 0.0 } else { unit } * if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
            let expected = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
            let actual = f64::from(norm::<Scalar>(&values));
            if expected > f64::from(f32::MAX) {
                assert_eq!(actual, f64::INFINITY);
            } else {
                let tolerance = (expected * 3e-6).max(2.0_f64.powi(-150));
                assert!((actual - expected).abs() <= tolerance, "2^{exponent}, {len}: {actual:e} is not {expected:e}");
            }
        }
    }
}

#[test]
fn what_is_no_number_stays_none() {
    assert_eq!(norm::<Scalar>(&[]), 0.0);
    assert_eq!(norm::<Scalar>(&[0.0; 9]), 0.0);
    assert_eq!(norm::<Scalar>(&[1.0, f32::NEG_INFINITY, 0.0]), f32::INFINITY);
    for at in 0..9 {
        let mut values = [1e30; 9];
        values[at] = f32::NAN;
        assert!(norm::<Scalar>(&values).is_nan(), "at {at}");
    }
}
