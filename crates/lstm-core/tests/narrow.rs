//! Narrow weights: the integers exact, and what becomes of them in float32.

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
                    check(kind, rows, depth, columns);
                }
            }
        }
    }
}

fn check(kind: Weights, rows: usize, depth: usize, columns: usize) {
    let (x, w) = (values(rows * depth, 1), values(columns * depth, 2));
    let levels = levels(kind, depth);
    let mut matrix = PackedB::of(kind, columns, depth).unwrap();
    for column in 0..columns {
        matrix.set_column(column, &w[column * depth..][..depth]);
    }
    let row_len = matrix.row_len();
    let (before, init) = (values(rows * row_len, 3), values(row_len, 4));
    for init in [None, Some(&init[..])] {
        let mut out = before.clone();
        let lhs = Lhs::Rows(Rows::dense(&x, depth), 0);
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
                    expected += i32::try_from(sum).unwrap() as f32 * (column_scale * row_scale);
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
