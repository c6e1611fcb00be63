//! Narrow weights: the integers exact, and what becomes of them in float32.

mod common;

use common::quantize_column;
use lstm_core::config::Weights;
use lstm_core::gemm::narrow::{levels, quantize, row_scale, scale};
use lstm_core::gemm::{Lhs, PackedA, PackedB, Rows, accumulate};
use lstm_core::simd::Scalar;

fn values(len: usize, salt: u32) -> Vec<f32> {
    let mut state = salt;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        })
        .collect()
}

const KINDS: [Weights; 2] = [Weights::I8, Weights::I16];
/// Blocks of k that are multiplied at once.
const BLOCK: usize = 512;

#[test]
fn no_sum_overflows_at_any_depth_and_the_levels_are_the_largest_that_allow_it() {
    for kind in KINDS {
        for depth in 1..=BLOCK {
            let levels = levels(kind, depth);
            let most = |weight: u32, activation: u32| depth as u64 * u64::from(weight) * u64::from(activation);
            assert!(most(levels.weight, levels.activation) <= i32::MAX as u64, "{kind:?} {depth}");
            let (weight, activation) = match kind {
                Weights::I8 => (127, levels.activation + 1),
                _ => (levels.weight + 1, levels.activation + 1),
            };
            assert!(levels.activation == 32767 || most(weight, activation) > i32::MAX as u64, "{kind:?} {depth}");
        }
        assert_eq!(levels(kind, BLOCK), levels(kind, 100_000));
    }
    assert_eq!(levels(Weights::I8, BLOCK).activation, 32767);
}

#[test]
fn every_output_is_its_formula_to_the_bit_whatever_the_tile() {
    for kind in KINDS {
        for rows in [1, 2, 3, 4, 5, 7, 16, 17, 33] {
            for depth in [1, 2, 3, 4, 7, 8, 9, 511, 512, 513, 515, 1025] {
                for columns in [1, 8, 16, 17, 32, 40] {
                    let (x, w) = (values(rows * depth, 1), values(columns * depth, 2));
                    check(kind, [rows, depth, columns], &x, &w);
                }
            }
        }
    }
}

#[test]
fn the_largest_integers_everywhere_do_not_overflow() {
    for kind in KINDS {
        for depth in (1..=BLOCK + 1).chain([2 * BLOCK - 1, 2 * BLOCK]) {
            for sign in [1.0, -1.0] {
                check(kind, [5, depth, 16], &vec![0.7 * sign; 5 * depth], &vec![3.0; 16 * depth]);
            }
        }
    }
}

#[test]
fn values_far_from_1_are_as_exact() {
    for (kind, x_scale, w_scale) in KINDS.into_iter().flat_map(|kind| {
        [(1e-28, 1e3), (1e30, 1e-30), (1e-3, 1e-20), (0.0, 1.0), (1.0, 0.0)].map(|(x, w)| (kind, x, w))
    }) {
        let times = |values: Vec<f32>, factor: f32| values.into_iter().map(|v| v * factor).collect::<Vec<_>>();
        check(kind, [6, 20, 20], &times(values(6 * 20, 5), x_scale), &times(values(20 * 20, 6), w_scale));
    }
}

#[test]
fn a_row_or_column_that_is_not_finite_is_nan_and_no_other_is() {
    let (rows, depth, columns) = (6, 21, 17);
    for (kind, bad) in KINDS.into_iter().flat_map(|kind| [f32::NAN, f32::INFINITY, -f32::INFINITY].map(|v| (kind, v))) {
        for of_rows in [true, false] {
            let (mut x, mut w) = (values(rows * depth, 1), values(columns * depth, 2));
            let (bad_row, bad_column) = if of_rows { (Some(2), None) } else { (None, Some(9)) };
            match bad_row {
                Some(r) => x[r * depth + 20] = bad,
                None => w[9 * depth + 3] = bad,
            }
            let mut matrix = PackedB::of(kind, columns, depth).unwrap();
            for column in 0..columns {
                quantize_column(&mut matrix, column, &w[column * depth..][..depth]);
            }
            let row_len = matrix.row_len();
            let mut out = vec![0.0; rows * row_len];
            let lhs = Lhs::Rows(Rows::dense(&x, depth), 0);
            accumulate::<Scalar>(&mut out, row_len, None, lhs, &matrix, &mut PackedA::new());
            for (r, row) in out.chunks(row_len).enumerate() {
                for (column, value) in row[..columns].iter().enumerate() {
                    assert_eq!(value.is_nan(), bad_row == Some(r) || bad_column == Some(column), "[{r}][{column}]");
                }
            }
        }
    }
}

#[test]
fn a_matrix_takes_a_quarter_or_half_of_float32() {
    for (depth, columns) in [(64, 256), (128, 512), (512, 2048), (300, 1200)] {
        let of = |kind: Weights| PackedB::len_of(kind, columns, depth) as f64;
        assert!(of(Weights::I8) <= 0.28 * of(Weights::F32), "{depth} {columns}");
        assert!(of(Weights::I16) <= 0.53 * of(Weights::F32), "{depth} {columns}");
    }
}

#[test]
fn integers_are_read_as_they_were_written() {
    for kind in KINDS {
        let (depth, columns) = (37, 19);
        let w = values(columns * depth, 7);
        let mut matrix = PackedB::of(kind, columns, depth).unwrap();
        for column in 0..columns {
            let column_values = &w[column * depth..][..depth];
            quantize_column(&mut matrix, column, column_values);
            let level = levels(kind, depth).weight;
            let scale = scale(column_values, level);
            for (k, &value) in column_values.iter().enumerate() {
                let integer = quantize(value, scale, level);
                assert_eq!(matrix.narrow_value(column, k, f32::NAN), f32::from(integer) * scale);
                assert!((value - f32::from(integer) * scale).abs() <= 0.501 * scale);
            }
            assert_eq!(matrix.narrow_value(column, depth, f32::NAN), scale);
        }
    }
}

#[test]
fn integers_and_scales_that_are_written_one_by_one_are_those_of_a_column() {
    for kind in KINDS {
        let (depth, columns) = (37, 19);
        let w = values(columns * depth, 9);
        let (mut matrix, mut other) =
            (PackedB::of(kind, columns, depth).unwrap(), PackedB::of(kind, columns, depth).unwrap());
        for (column, row) in w.chunks(depth).enumerate() {
            quantize_column(&mut matrix, column, row);
            let largest = row.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            other.narrow_value(column, depth + 1, largest);
            for (k, &value) in row.iter().enumerate() {
                other.narrow_value(column, k, value);
            }
        }
        let all = |matrix: &mut PackedB| -> Vec<u32> {
            let places = (0..columns).flat_map(|column| (0..=depth).map(move |k| (column, k)));
            places.map(|(column, k)| matrix.narrow_value(column, k, f32::NAN).to_bits()).collect()
        };
        assert_eq!(all(&mut matrix), all(&mut other));

        // A scale of its own, and integers no larger than the kind has at this depth.
        let most = levels(kind, depth).weight as f32;
        other.narrow_value(3, depth, 0.25);
        for (written, expected) in
            [(0.25, 0.25), (-1.6, -1.5), (0.25 * most, 0.25 * most), (1e30, 0.25 * most), (-1e30, -0.25 * most)]
        {
            assert_eq!(other.narrow_value(3, 36, written), expected);
            assert_eq!(other.narrow_value(3, 36, f32::NAN), expected);
        }
        for of in [&mut matrix, &mut other] {
            of.narrow_value(3, depth, 1.0);
            for k in 0..depth {
                of.narrow_value(3, k, 0.0);
            }
        }
        assert_eq!(all(&mut matrix), all(&mut other), "no other column was written");
        assert!(matrix.narrow_value(5, depth + 1, f32::NAN).is_nan());
        assert!(matrix.narrow_value(5, depth + 1, f32::INFINITY).is_nan());
    }
}

fn check(kind: Weights, [rows, depth, columns]: [usize; 3], x: &[f32], w: &[f32]) {
    let levels = levels(kind, depth);
    let mut matrix = PackedB::of(kind, columns, depth).unwrap();
    for column in 0..columns {
        quantize_column(&mut matrix, column, &w[column * depth..][..depth]);
    }
    let row_len = matrix.row_len();
    let (before, init) = (values(rows * row_len, 3), values(row_len, 4));
    for init in [None, Some(&init[..])] {
        let mut out = before.clone();
        let lhs = Lhs::Rows(Rows::dense(x, depth), 0);
        accumulate::<Scalar>(&mut out, row_len, init, lhs, &matrix, &mut PackedA::new());
        for r in 0..rows {
            let x = &x[r * depth..][..depth];
            let row_scale = row_scale::<Scalar>(x, levels.activation);
            let factor = 1.0 / row_scale;
            for column in 0..columns {
                let w = &w[column * depth..][..depth];
                let column_scale = scale(w, levels.weight);
                let mut expected = init.map_or(before[r * row_len + column], |init| init[column]);
                for (x, w) in x.chunks(BLOCK).zip(w.chunks(BLOCK)) {
                    let sum: i64 = x
                        .iter()
                        .zip(w)
                        .map(|(x, &w)| {
                            let q = (x * factor).round_ties_even() as i64;
                            assert!(q.unsigned_abs() <= u64::from(levels.activation));
                            q * i64::from(quantize(w, column_scale, levels.weight))
                        })
                        .sum();
                    expected += i32::try_from(sum).unwrap() as f32 * row_scale * column_scale;
                }
                let actual = out[r * row_len + column];
                assert_eq!(
                    actual.to_bits(),
                    expected.to_bits(),
                    "{kind:?}, {rows} rows, depth {depth}, {columns} columns, init {}: [{r}][{column}]",
                    init.is_some()
                );
            }
        }
    }
}
