//! Products at the edges of packed_a, panels and blocks, against one chain of sums for each output, to the bit.

use lstm_core::gemm::{Lhs, PackedA, PackedB, Rows, accumulate};
use lstm_core::simd::Scalar;

/// Values with all their bits in use, so that any other order of sums shows.
fn values(len: usize, salt: u32) -> Vec<f32> {
    let mut state = salt;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as f32 / u32::MAX as f32 - 0.5
        })
        .collect()
}

#[test]
fn every_output_is_one_chain_of_sums_whatever_the_tile() {
    for rows in [1, 2, 3, 4, 5, 15, 16, 17, 33] {
        for depth in [1, 2, 3, 4, 6, 511, 512, 515, 1025] {
            for columns in [1, 8, 9, 16, 17, 24, 32, 40] {
                check(rows, depth, columns);
            }
        }
    }
}

fn check(rows: usize, depth: usize, columns: usize) {
    let (x, w) = (values(rows * depth, 1), values(columns * depth, 2));
    let mut matrix = PackedB::zeros(columns, depth).unwrap();
    for column in 0..columns {
        matrix.set_column(column, &w[column * depth..][..depth]);
    }
    let row_len = matrix.row_len();
    let (before, init) = (values(rows * row_len, 3), values(row_len, 4));
    let transposed: Vec<f32> =
        (0..depth).flat_map(|k| (0..rows).map(move |r| (k, r))).map(|(k, r)| x[r * depth + k]).collect();
    let factors = [
        ("rows", Lhs::Rows(Rows::dense(&x, depth), 0)),
        ("transposed", Lhs::Transposed { values: &transposed, row_len: rows }),
    ];
    for (name, lhs) in factors {
        for init in [None, Some(&init[..])] {
            let mut out = before.clone();
            accumulate::<Scalar>(&mut out, matrix.row_len(), init, lhs, &matrix, &mut PackedA::new());
            for r in 0..rows {
                for column in 0..columns {
                    let start = init.map_or(before[r * row_len + column], |init| init[column]);
                    let products = (0..depth).map(|k| x[r * depth + k] * w[column * depth + k]);
                    let expected = products.fold(start, |sum, product| sum + product);
                    let actual = out[r * row_len + column];
                    assert_eq!(
                        actual.to_bits(),
                        expected.to_bits(),
                        "{name}, {rows} rows, depth {depth}, {columns} columns, init {}: [{r}][{column}]",
                        init.is_some()
                    );
                }
            }
        }
    }
}
