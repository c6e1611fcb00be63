//! The golden cases of all cells, natively: within bounds, the same for any chunk of steps, and the bits that the wasm has too.

mod common;

use common::golden::{Results, cases};
use common::relative_error;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::gemm::PackedA;
use lstm_core::{Call, Shape};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[test]
fn outputs_are_within_2e_6_of_the_largest_magnitude() {
    let cases = cases();
    let count = |cell: Cell| cases.iter().filter(|case| case.options.cell == cell).count();
    assert_eq!(Cell::ALL.map(count), [52, 18, 17, 17]);
    let mut worst = 0.0_f64;
    for case in &cases {
        let results = case.run(None);
        for (what, actual) in [("output", &results.output), ("hn", &results.h), ("cn", &results.c)] {
            let Some(expected) = case.find(what) else { continue };
            let expected: Vec<f64> = expected.iter().map(|&v| f64::from(v)).collect();
            let error = relative_error(actual, &expected);
            assert!(error <= 2e-6, "{} {what}: {error:e}", case.name);
            worst = worst.max(error);
        }
    }
    println!("{} cases, worst relative error {worst:.2e}", cases.len());
}

/// Kinds of narrow weights and how far from float64 their rounding may take the golden cases, far less than a mistake.
const NARROW: [(&str, Weights, f64); 2] = [("int8", Weights::I8, 0.06), ("int16", Weights::I16, 2e-3)];

#[test]
fn narrow_weights_are_as_near_as_their_rounding() {
    for (suffix, weights, most) in NARROW {
        let mut worst = 0.0_f64;
        for case in &cases() {
            let results = case.run_narrow(weights);
            for (what, actual) in [("output", &results.output), ("hn", &results.h), ("cn", &results.c)] {
                let Some(expected) = case.find(what) else { continue };
                let expected: Vec<f64> = expected.iter().map(|&v| f64::from(v)).collect();
                let error = relative_error(actual, &expected);
                assert!(error <= most, "{} {what}, {suffix}: {error:e}", case.name);
                worst = worst.max(error);
            }
        }
        println!("{suffix}, worst relative error {worst:.2e}");
    }
}

#[test]
fn gradients_are_within_2e_5_of_the_largest_magnitude() {
    let mut worst = 0.0_f64;
    for (case, every) in cases().iter().flat_map(|case| [None, Some(1), Some(3), Some(16)].map(|every| (case, every))) {
        for (what, actual) in case.gradients(1, every) {
            let expected: Vec<f64> = case.tensor(&what).iter().map(|&v| f64::from(v)).collect();
            let error = relative_error(&actual, &expected);
            assert!(error <= 2e-5, "{} {what}, checkpoints {every:?}: {error:e}", case.name);
            worst = worst.max(error);
        }
    }
    println!("gradients, worst relative error {worst:.2e}");
}

#[test]
fn gradients_of_parameters_add_up() {
    for case in cases() {
        for ((what, once), (_, twice)) in case.gradients(1, None).iter().zip(&case.gradients(2, None)) {
            if what.starts_with("grad.param.") {
                let expected: Vec<f64> = once.iter().map(|&v| 2.0 * f64::from(v)).collect();
                assert!(relative_error(twice, &expected) <= 1e-6, "{} {what}", case.name);
            } else {
                assert_eq!(once, twice, "{} {what}", case.name);
            }
        }
    }
}

#[test]
fn any_chunk_of_steps_has_the_same_bits() {
    for case in cases() {
        let whole = digest(&case.run(None));
        for chunk in [1, 2, 3, 7] {
            assert_eq!(digest(&case.run(Some(chunk))), whole, "{} in chunks of {chunk}", case.name);
        }
    }
}

/// `test/fixtures/golden/bits.json` holds the digests that this test and the test of the shipped wasm both compare with, so scalar
/// and simd128 agree to the bit. Made by `LSTM_WRITE_BITS=1 cargo test --test golden`.
#[test]
fn bits_are_those_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/fixtures/golden/bits.json");
    let cases = cases();
    let golden = cases.iter().map(|case| (case.name.clone(), digest(&case.run(None))));
    let extremes = Cell::ALL.map(|cell| (format!("activations of {cell:?}"), digest(&activations(cell))));
    let narrow = NARROW.into_iter().flat_map(|(suffix, weights, _)| {
        cases.iter().map(move |case| (format!("{} {suffix}", case.name), digest(&case.run_narrow(weights))))
    });
    let bits: BTreeMap<String, String> = golden.chain(extremes).chain(narrow).collect();
    if std::env::var_os("LSTM_WRITE_BITS").is_some() {
        std::fs::write(path, serde_json::to_string_pretty(&bits).unwrap() + "\n").unwrap();
    }
    let recorded: BTreeMap<String, String> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(bits, recorded);
}

/// One step of one unit whose gates all see x and whose c(0), if it has one, is x too, for 65,537 patterns of bits over the
/// whole range: NaN, infinities, subnormals and saturation included.
fn activations(cell: Cell) -> Results {
    let options = Options { cell, bias: false, ..Options::default() };
    let mut stack =
        common::stack_with(options, |name, len| vec![if name.starts_with("weight_ih") { 1.0 } else { 0.0 }; len]);
    let x: Vec<f32> = (0..=u32::MAX).step_by(65_535).map(f32::from_bits).collect();
    stack.reserve(Shape::padded(1, x.len()), None).unwrap();
    stack.input_mut().copy_from_slice(&x);
    stack.h_mut().fill(0.0);
    if cell.has_c() {
        stack.c_mut().copy_from_slice(&x);
    }
    stack.forward(Call::default(), &mut PackedA::new()).unwrap();
    Results { output: stack.output().to_vec(), h: stack.h_mut().to_vec(), c: stack.c_mut().to_vec() }
}

/// SHA-256 of output, h_n and c_n as little-endian floats.
fn digest(results: &Results) -> String {
    let mut hash = Sha256::new();
    for value in results.output.iter().chain(&results.h).chain(&results.c) {
        // Which NaN it is depends on the machine.
        let value = if value.is_nan() { f32::NAN } else { *value };
        hash.update(value.to_le_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
