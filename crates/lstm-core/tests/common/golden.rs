//! The golden cases of `test/fixtures/golden` (PyTorch in float64; `generate.py` and `gru_rnn.py` beside them tell the format).

use super::{narrowed, stack_with};
use lstm_core::Shape;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::gemm::PackedA;
use lstm_core::{Call, Stack};
use safetensors::SafeTensors;
use serde_json::Value;

/// One case: its options, how it is called, and its tensors by name.
pub struct Case {
    pub name: String,
    pub options: Options,
    pub batch_first: bool,
    pub batch: usize,
    pub steps: usize,
    pub lengths: Option<Vec<usize>>,
    tensors: Vec<(String, Vec<f32>)>,
}

/// A forward's results as PyTorch shapes them, padded.
pub struct Results {
    pub output: Vec<f32>,
    pub h: Vec<f32>,
    pub c: Vec<f32>,
}

/// Those of every cell, the LSTM's first.
pub fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/fixtures/golden");
    let cases = ["lstm", "gru_rnn"].map(|name| {
        let bytes = std::fs::read(format!("{folder}/{name}.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let list: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["cases"]).unwrap();
        list.as_array().unwrap().iter().map(|case| Case::read(case, &file)).collect::<Vec<_>>()
    });
    cases.into_iter().flatten().collect()
}

/// The cell that a case names, and whether it is `nn.GRUCell` or `nn.RNNCell`: one step of one layer, whose parameters have no
/// `_l0` in their names.
fn cell(case: &Value) -> (Cell, bool) {
    let Some(class) = case["cell"].as_str() else { return (Cell::Lstm, false) };
    let cell = match (class.trim_end_matches("Cell"), case["nonlinearity"].as_str()) {
        ("GRU", None) => Cell::Gru,
        ("RNN", Some("tanh")) => Cell::RnnTanh,
        ("RNN", Some("relu")) => Cell::RnnRelu,
        other => panic!("{other:?}"),
    };
    (cell, class.ends_with("Cell"))
}

impl Case {
    fn read(case: &Value, file: &SafeTensors) -> Self {
        let size = |key: &str| case[key].as_u64().unwrap() as usize;
        let flag = |key: &str| case[key].as_bool().unwrap();
        let name = case["name"].as_str().unwrap().to_owned();
        let (cell, one_step) = cell(case);
        let prefix = format!("{name}/");
        let tensors = file.names().into_iter().filter_map(|full| {
            let what = full.strip_prefix(&prefix)?;
            let values = file.tensor(full).unwrap().data().chunks_exact(4);
            let values = values.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            let suffix = if one_step && what.contains("param.") { "_l0" } else { "" };
            Some((format!("{what}{suffix}"), values))
        });
        Self {
            options: Options {
                cell,
                input_size: size("inputSize"),
                hidden_size: size("hiddenSize"),
                num_layers: size("numLayers"),
                proj_size: size("projSize"),
                bias: flag("bias"),
                bidirectional: flag("bidirectional"),
                dropout: 0.0,
            },
            batch_first: flag("batchFirst") && !case["batch"].is_null(),
            batch: case["batch"].as_u64().unwrap_or(1) as usize,
            steps: size("seqLen"),
            lengths: case["lengths"].as_array().map(|l| l.iter().map(|n| n.as_u64().unwrap() as usize).collect()),
            tensors: tensors.collect(),
            name,
        }
    }

    pub fn tensor(&self, what: &str) -> &[f32] {
        self.find(what).unwrap_or_else(|| panic!("no {what}"))
    }

    /// Some have no c, and those of `nn.GRUCell` and `nn.RNNCell` no output beside h.
    pub fn find(&self, what: &str) -> Option<&[f32]> {
        self.tensors.iter().find(|(name, _)| name == what).map(|(_, values)| &values[..])
    }

    pub fn stack(&self) -> Stack {
        stack_with(self.options, |name, _| self.tensor(&format!("param.{name}")).to_vec())
    }

    /// The case through the core. With lengths, rows are packed and unpacked here, sequence by sequence.
    pub fn run(&self, chunk: Option<usize>) -> Results {
        self.run_with(&mut self.stack(), chunk, None)
    }

    /// The case with narrow weights.
    pub fn run_narrow(&self, weights: Weights) -> Results {
        self.run_with(&mut narrowed(&self.stack(), weights), None, None)
    }

    /// Forward and backward in training mode, `times` over, with a checkpoint every so many steps: gradients by the golden
    /// file's names.
    pub fn gradients(&self, times: usize, every: Option<usize>) -> Vec<(String, Vec<f32>)> {
        let mut stack = self.stack();
        let (i, d) = (self.options.input_size, stack.config().output_size());
        let (h_size, c_size) = (stack.config().h_size(), stack.config().c_size());
        let order = self.order();
        let rows = self.packed_rows(&order);
        let place: Vec<(usize, usize)> = match &rows {
            Some(rows) => rows.iter().enumerate().map(|(row, &(t, b))| (row, self.padded_row(t, b))).collect(),
            None => (0..self.steps * self.batch).map(|row| (row, row)).collect(),
        };
        let mut found = Vec::new();
        for _ in 0..times {
            self.run_with(&mut stack, None, Some(every));
            let training = stack.backward_memory().unwrap();
            training.d_output_mut().fill(0.0);
            if let Some(weights) = self.find("output.r") {
                for &(row, padded) in &place {
                    training.d_output_mut()[row * d..][..d].copy_from_slice(&weights[padded * d..][..d]);
                }
            }
            permute(self.find("hn.r"), training.d_h_mut(), h_size, &order, false);
            permute(self.find("cn.r"), training.d_c_mut(), c_size, &order, false);
            stack.backward(0, &mut PackedA::new()).unwrap();
            let training = stack.backward_memory().unwrap();
            let mut input = vec![0.0; self.steps * self.batch * i];
            for &(row, padded) in &place {
                input[padded * i..][..i].copy_from_slice(&training.d_input()[row * i..][..i]);
            }
            found = vec![("grad.input".to_owned(), input)];
            let (d_h, d_c) = (training.d_h_mut().to_vec(), training.d_c_mut().to_vec());
            for (name, values, width) in [("h0", d_h, h_size), ("c0", d_c, c_size)] {
                let mut back = values.clone();
                permute(Some(&values), &mut back, width, &order, true);
                if self.find(name).is_some() {
                    found.push((format!("grad.{name}"), back));
                }
            }
        }
        let parameters = stack.layout().parameters().to_vec();
        let gradients = stack.backward_memory().unwrap().gradients_mut();
        let named = parameters.iter().map(|p| (format!("grad.param.{}", p.name()), p.of(gradients).to_vec()));
        found.into_iter().chain(named).collect()
    }

    fn run_with(&self, stack: &mut Stack, chunk: Option<usize>, training: Option<Option<usize>>) -> Results {
        let (batch, steps) = (self.batch, self.steps);
        let (i, d) = (self.options.input_size, stack.config().output_size());
        let (h_size, c_size) = (stack.config().h_size(), stack.config().c_size());
        let order = self.order();
        let rows = self.packed_rows(&order);
        let shape = Shape { steps, batch, rows: rows.as_ref().map_or(steps * batch, Vec::len) };
        stack.reserve(shape, chunk).unwrap();
        if let Some(every) = training {
            stack.reserve_training(every).unwrap();
        }
        let input = self.tensor("input");
        match &rows {
            None => stack.input_mut().copy_from_slice(input),
            Some(rows) => {
                for (row, &(t, b)) in rows.iter().enumerate() {
                    let at = self.padded_row(t, b) * i;
                    stack.input_mut()[row * i..][..i].copy_from_slice(&input[at..at + i]);
                }
                for t in 0..steps {
                    stack.batch_sizes_mut()[t] = rows.iter().filter(|row| row.0 == t).count() as u32;
                }
            }
        }
        permute(self.find("h0"), stack.h_mut(), h_size, &order, false);
        permute(self.find("c0"), stack.c_mut(), c_size, &order, false);
        let call =
            Call { batch_first: self.batch_first, packed: rows.is_some(), dropout: None, keeps: training.is_some() };
        stack.forward(call, &mut PackedA::new()).unwrap();

        let output = match &rows {
            None => stack.output().to_vec(),
            Some(rows) => {
                let mut output = vec![0.0; batch * steps * d];
                for (row, &(t, b)) in rows.iter().enumerate() {
                    output[self.padded_row(t, b) * d..][..d].copy_from_slice(&stack.output()[row * d..][..d]);
                }
                output
            }
        };
        let (mut h, mut c) = (stack.h_mut().to_vec(), stack.c_mut().to_vec());
        permute(Some(stack.h_mut()), &mut h, h_size, &order, true);
        permute(Some(stack.c_mut()), &mut c, c_size, &order, true);
        Results { output, h, c }
    }

    /// The sequences, longest first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.batch).collect();
        if let Some(lengths) = &self.lengths {
            order.sort_by_key(|&b| std::cmp::Reverse(lengths[b]));
        }
        order
    }

    /// (step, sequence) of each packed row.
    fn packed_rows(&self, order: &[usize]) -> Option<Vec<(usize, usize)>> {
        let lengths = self.lengths.as_ref()?;
        let step = |t: usize| order.iter().filter(move |&&b| lengths[b] > t).map(move |&b| (t, b));
        Some((0..self.steps).flat_map(step).collect())
    }

    fn padded_row(&self, t: usize, b: usize) -> usize {
        if self.batch_first { b * self.steps + t } else { t * self.batch + b }
    }
}

/// Rows of each state into sorted order, or back.
fn permute(source: Option<&[f32]>, target: &mut [f32], width: usize, order: &[usize], back: bool) {
    let Some(source) = source else { return target.fill(0.0) };
    let rows = target.len().checked_div(width).unwrap_or(0);
    for row in 0..rows {
        let (state, position) = (row / order.len(), row % order.len());
        let other = state * order.len() + order[position];
        let (from, to) = if back { (row, other) } else { (other, row) };
        target[to * width..][..width].copy_from_slice(&source[from * width..][..width]);
    }
}
