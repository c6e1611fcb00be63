//! Random configurations of all cells against the naive float64 reference, and the promises about bits.

mod common;

use common::reference::{Matrix, Reference};
use common::{narrowed, relative_error, stack_with};
use lstm_core::Shape;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::gemm::PackedA;
use lstm_core::{Call, Config, Stack, Stream};
use proptest::prelude::*;

/// A stack of cells, its batch and its states: all that a forward needs.
#[derive(Debug, Clone)]
struct Setting {
    options: Options,
    weights: Weights,
    /// Of each sequence, longest first.
    lengths: Vec<usize>,
    seed: u64,
    chunk: usize,
}

fn settings() -> impl Strategy<Value = Setting> {
    let sizes = (1..=9_usize, 1..=14_usize, 1..=3_usize, 0..=13_usize);
    let flags = (any::<bool>(), any::<bool>());
    let kinds = (0..Cell::ALL.len(), 0..Weights::ALL.len());
    let lengths = proptest::collection::vec(0..=7_usize, 1..=7);
    (kinds, sizes, flags, lengths, any::<u64>(), 1..=8_usize).prop_map(
        |((cell, weights), sizes, (bias, bidirectional), mut lengths, seed, chunk)| {
            let (cell, weights) = (Cell::ALL[cell], Weights::ALL[weights]);
            let (input_size, hidden_size, num_layers, proj_size) = sizes;
            let proj_size = if cell == Cell::Lstm && proj_size < hidden_size { proj_size } else { 0 };
            lengths.sort_by_key(|&length| std::cmp::Reverse(length));
            let options =
                Options { cell, input_size, hidden_size, num_layers, proj_size, bias, bidirectional, dropout: 0.0 };
            Setting { options, weights, lengths, seed, chunk }
        },
    )
}

/// Numbers between -1.5 and 1.5 from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32 * 3.0 - 1.5
    }

    fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// What a forward of one sequence takes and gives: rows of output, h and c for each layer and direction. Rows of c are empty
/// where the cell has none.
#[derive(Debug, Clone, PartialEq)]
struct Sequence {
    x: Vec<Vec<f32>>,
    h: Vec<Vec<f32>>,
    c: Vec<Vec<f32>>,
}

impl Setting {
    fn config(&self) -> Config {
        Config::new(self.options).unwrap()
    }

    fn stack(&self) -> Stack {
        let floats = self.float_stack();
        if self.weights == Weights::F32 { floats } else { narrowed(&floats, self.weights) }
    }

    /// Whether anything that the core computed is multiplied with weights.
    fn rounds_results(&self) -> bool {
        self.lengths[0] > 1 || self.options.num_layers > 1 || self.options.proj_size > 0
    }

    fn float_stack(&self) -> Stack {
        let numbers = std::cell::RefCell::new(Numbers(self.seed));
        // Wide inputs would make sums whose rounding alone passes the bounds.
        let scale = 1.0 / (self.options.hidden_size.max(self.options.input_size / 9) as f32).sqrt();
        stack_with(self.options, |_, len| numbers.borrow_mut().take(len).iter().map(|v| v * scale).collect())
    }

    fn sequences(&self) -> Vec<Sequence> {
        let mut numbers = Numbers(!self.seed);
        let config = self.config();
        let states = config.num_layers() * config.directions();
        let mut rows = |count: usize, width: usize| (0..count).map(|_| numbers.take(width)).collect::<Vec<_>>();
        let sequence = |&length: &usize| Sequence {
            x: rows(length, config.input_size()),
            h: rows(states, config.h_size()),
            c: rows(states, config.c_size()),
        };
        self.lengths.iter().map(sequence).collect()
    }

    fn reference(&self, stack: &Stack) -> Reference {
        let rows = |p: &lstm_core::layout::Parameter| {
            let values = p.of(stack.parameters()).chunks_exact(p.columns.max(1));
            values.map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect()
        };
        Reference {
            cell: self.options.cell,
            hidden_size: self.options.hidden_size,
            num_layers: self.options.num_layers,
            bidirectional: self.options.bidirectional,
            parameters: stack.layout().parameters().iter().map(|p| (p.name(), rows(p))).collect(),
            weights: self.weights,
        }
    }
}

/// Runs sequences of equal length as a (seq, batch, .) or (batch, seq, .) tensor.
fn run_padded(stack: &mut Stack, sequences: &[Sequence], batch_first: bool, chunk: Option<usize>) -> Vec<Sequence> {
    let (batch, steps) = (sequences.len(), sequences[0].x.len());
    let row = |t: usize, b: usize| if batch_first { b * steps + t } else { t * batch + b };
    let place =
        (0..steps).flat_map(|t| (0..batch).map(move |b| (t, b))).map(|(t, b)| (row(t, b), t, b)).collect::<Vec<_>>();
    run(stack, sequences, &place, Call { batch_first, ..Call::default() }, chunk, Shape::padded(steps, batch))
}

/// Runs sequences, longest first, packed.
fn run_packed(stack: &mut Stack, sequences: &[Sequence], chunk: Option<usize>) -> Vec<Sequence> {
    let steps = sequences[0].x.len();
    let running = |t: usize| sequences.iter().filter(|s| s.x.len() > t).count();
    let place: Vec<_> = (0..steps).flat_map(|t| (0..running(t)).map(move |b| (t, b))).collect();
    let place: Vec<_> = place.into_iter().enumerate().map(|(row, (t, b))| (row, t, b)).collect();
    let shape = Shape { steps, batch: sequences.len(), rows: place.len() };
    run(stack, sequences, &place, Call { packed: true, ..Call::default() }, chunk, shape)
}

/// Runs sequences whose step `t` of sequence `b` lies in row `row`, for each `(row, t, b)` of `place`.
fn run(
    stack: &mut Stack,
    sequences: &[Sequence],
    place: &[(usize, usize, usize)],
    call: Call,
    chunk: Option<usize>,
    shape: Shape,
) -> Vec<Sequence> {
    let config = *stack.config();
    let (i, d, h_size, c_size) = (config.input_size(), config.output_size(), config.h_size(), config.c_size());
    stack.reserve(shape, chunk).unwrap();
    for &(row, t, b) in place {
        stack.input_mut()[row * i..][..i].copy_from_slice(&sequences[b].x[t]);
    }
    for t in 0..shape.steps {
        stack.batch_sizes_mut()[t] = place.iter().filter(|p| p.1 == t).count() as u32;
    }
    for (b, sequence) in sequences.iter().enumerate() {
        for (state, (h, c)) in sequence.h.iter().zip(&sequence.c).enumerate() {
            let at = state * shape.batch + b;
            stack.h_mut()[at * h_size..][..h_size].copy_from_slice(h);
            stack.c_mut()[at * c_size..][..c_size].copy_from_slice(c);
        }
    }
    stack.forward(call, &mut PackedA::new()).unwrap();
    let mut results = sequences.to_vec();
    for &(row, t, b) in place {
        results[b].x[t] = stack.output()[row * d..][..d].to_vec();
    }
    for (b, result) in results.iter_mut().enumerate() {
        for state in 0..result.h.len() {
            let at = state * shape.batch + b;
            result.h[state] = stack.h_mut()[at * h_size..][..h_size].to_vec();
            result.c[state] = stack.c_mut()[at * c_size..][..c_size].to_vec();
        }
    }
    results
}

fn wide(rows: &[Vec<f32>]) -> Matrix {
    rows.iter().map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect()
}

fn bits(sequences: &[Sequence]) -> Vec<u32> {
    let all = sequences.iter().flat_map(|s| s.x.iter().chain(&s.h).chain(&s.c));
    all.flat_map(|row| float_bits(row)).collect()
}

/// Unlike the values, these tell 0 from -0.
fn float_bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn packed_batches_match_the_reference(setting in settings()) {
        let reference = setting.reference(&setting.float_stack());
        let sequences = setting.sequences();
        let results = run_packed(&mut setting.stack(), &sequences, Some(setting.chunk));
        // relu does not flatten a large sum's rounding, as σ and tanh do.
        let least = if setting.options.cell == Cell::RnnRelu { 1.0 } else { 0.25 };
        // An h(t) or m(t) whose last bits differ may be rounded to the next integer. The first of each layer meets given values.
        let most = if setting.weights != Weights::F32 && setting.rounds_results() { 3e-4 } else { 2e-6 };
        for (sequence, result) in sequences.iter().zip(&results) {
            let expected = reference.forward(&wide(&sequence.x), &wide(&sequence.h), &wide(&sequence.c));
            for (actual, expected) in [(&result.x, expected.output), (&result.h, expected.h), (&result.c, expected.c)] {
                let (actual, expected) = (actual.concat(), expected.concat());
                let largest = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
                // A few random values can all be near 0 because terms of the size of 1 cancelled, whose rounding stays.
                let error = relative_error(&actual, &expected) * largest / largest.max(least);
                prop_assert!(expected.is_empty() || error <= most, "relative error {error:e}");
            }
        }
    }

    #[test]
    fn one_step_of_narrow_weights_has_the_integers_of_the_reference(setting in settings(), wide_input in 1..=1100_usize) {
        let options = Options { num_layers: 1, proj_size: 0, input_size: wide_input, ..setting.options };
        let weights = if setting.weights == Weights::F32 { Weights::I8 } else { setting.weights };
        let setting = Setting { options, weights, lengths: vec![1; setting.lengths.len()], ..setting };
        prop_assert!(!setting.rounds_results());
        let reference = setting.reference(&setting.float_stack());
        let sequences = setting.sequences();
        let results = run_padded(&mut setting.stack(), &sequences, true, None);
        for (sequence, result) in sequences.iter().zip(&results) {
            let expected = reference.forward(&wide(&sequence.x), &wide(&sequence.h), &wide(&sequence.c));
            let (actual, expected) = (result.x.concat(), expected.output.concat());
            let largest = expected.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
            let error = relative_error(&actual, &expected) * largest / largest.max(1.0);
            prop_assert!(expected.is_empty() || error <= 2e-6, "relative error {error:e}");
        }
    }

    #[test]
    fn packing_batching_and_chunking_change_no_bit(setting in settings()) {
        let mut stack = setting.stack();
        let sequences = setting.sequences();
        let alone: Vec<_> = sequences.iter().flat_map(|s| run_padded(&mut stack, std::slice::from_ref(s), false, None)).collect();
        prop_assert_eq!(bits(&run_packed(&mut stack, &sequences, None)), bits(&alone));
        prop_assert_eq!(bits(&run_packed(&mut stack, &sequences, Some(setting.chunk))), bits(&alone));

        // The sequences of the first one's length, as a rectangular batch.
        let longest = sequences[0].x.len();
        let rectangle: Vec<_> = sequences.iter().filter(|s| s.x.len() == longest).cloned().collect();
        for batch_first in [false, true] {
            let results = run_padded(&mut stack, &rectangle, batch_first, Some(setting.chunk));
            prop_assert_eq!(bits(&results), bits(&alone[..rectangle.len()]));
        }
    }

    #[test]
    fn streaming_has_the_bits_of_one_forward(setting in settings(), cut in 0..=7_usize) {
        let options = Options { bidirectional: false, ..setting.options };
        let setting = Setting { options, ..setting };
        let mut stack = setting.stack();
        let longest = setting.lengths[0];
        let batch: Vec<_> = setting.sequences().into_iter().filter(|s| s.x.len() == longest).collect();
        let whole = run_padded(&mut stack, &batch, false, None);

        let mut stream = Stream::new(setting.config(), batch.len()).unwrap();
        let states = |pick: fn(&Sequence) -> &Vec<Vec<f32>>| -> Vec<f32> {
            (0..options.num_layers).flat_map(|layer| batch.iter().flat_map(move |s| pick(s)[layer].clone())).collect()
        };
        stream.h_mut().copy_from_slice(&states(|s| &s.h));
        stream.plain_c_mut().copy_from_slice(&states(|s| &s.c));
        stream.load_c();
        let step = |t: usize| batch.iter().flat_map(|s| s.x[t].clone()).collect::<Vec<_>>();
        let output = |t: usize| whole.iter().flat_map(|s| s.x[t].clone()).collect::<Vec<_>>();
        // One by one up to the cut, all the rest in one run.
        let cut = cut.min(longest);
        for t in 0..cut {
            stream.input_mut().copy_from_slice(&step(t));
            stream.step(&mut stack, &mut PackedA::new());
            prop_assert_eq!(float_bits(stream.output()), float_bits(&output(t)));
        }
        stream.reserve(&mut stack, longest - cut).unwrap();
        stack.input_mut().copy_from_slice(&(cut..longest).flat_map(step).collect::<Vec<_>>());
        stream.run(&mut stack, &mut PackedA::new()).unwrap();
        prop_assert_eq!(float_bits(stack.output()), float_bits(&(cut..longest).flat_map(output).collect::<Vec<_>>()));
        stream.save_c();
        let last = |pick: fn(&Sequence) -> &Vec<Vec<f32>>| -> Vec<f32> {
            (0..options.num_layers).flat_map(|layer| whole.iter().flat_map(move |s| pick(s)[layer].clone())).collect()
        };
        prop_assert_eq!(float_bits(stream.h_mut()), float_bits(&last(|s| &s.h)));
        prop_assert_eq!(float_bits(stream.plain_c_mut()), float_bits(&last(|s| &s.c)));
    }
}
