//! `nn.LSTM`, `nn.GRU` and `nn.RNN` as their documentation has them, one sequence and one number at a time, in float64. It
//! shares no code and no layout with the kernels: parameters are found by name, tensors are nested vectors.

use lstm_core::cell::Cell;
use lstm_core::config::Weights;
use std::collections::HashMap;

pub type Matrix = Vec<Vec<f64>>;

/// What is asked for, and the parameters by PyTorch's names, each with its rows.
pub struct Reference {
    pub cell: Cell,
    pub hidden_size: usize,
    pub num_layers: usize,
    pub bidirectional: bool,
    pub parameters: HashMap<String, Matrix>,
    /// What the weights are rounded to, and what they are multiplied with, if they are narrow.
    pub weights: Weights,
}

/// One sequence's results: output (T, D * H_out), h_n and c_n (layers * D, .). Rows of c_n are empty where a cell has no c.
pub struct Result {
    pub output: Matrix,
    pub h: Matrix,
    pub c: Matrix,
}

impl Reference {
    /// Runs one sequence through all layers. `h0` and `c0` have a row for each layer and direction, of c0 an empty one where the
    /// cell has no c.
    pub fn forward(&self, sequence: &Matrix, h0: &Matrix, c0: &Matrix) -> Result {
        let directions = if self.bidirectional { 2 } else { 1 };
        let mut input = sequence.clone();
        let (mut h_n, mut c_n) = (Vec::new(), Vec::new());
        for layer in 0..self.num_layers {
            let mut output = vec![Vec::new(); input.len()];
            for direction in 0..directions {
                let state = layer * directions + direction;
                let (mut h, mut c) = (h0[state].clone(), c0[state].clone());
                let mut times: Vec<usize> = (0..input.len()).collect();
                if direction == 1 {
                    times.reverse();
                }
                for t in times {
                    (h, c) = self.step(layer, direction, &input[t], &h, &c);
                    output[t].extend(&h);
                }
                h_n.push(h);
                c_n.push(c);
            }
            input = output;
        }
        Result { output: input, h: h_n, c: c_n }
    }

    fn step(&self, layer: usize, direction: usize, x: &[f64], h: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let suffix = format!("_l{layer}{}", if direction == 1 { "_reverse" } else { "" });
        let parameter = |name: &str| self.parameters.get(&format!("{name}{suffix}"));
        // W v + b, where the rows of a gate stand together, gate by gate.
        let affine = |weight: &str, bias: &str, v: &[f64]| -> Vec<f64> {
            let rows = parameter(weight).unwrap().iter().enumerate();
            rows.map(|(row, weights)| self.dot(weights, v) + parameter(bias).map_or(0.0, |bias| bias[row][0])).collect()
        };
        let (from_x, from_h) = (affine("weight_ih", "bias_ih", x), affine("weight_hh", "bias_hh", h));
        let row = |gate: usize, unit: usize| gate * self.hidden_size + unit;
        let gate = |gate: usize, unit: usize| from_x[row(gate, unit)] + from_h[row(gate, unit)];
        let units = 0..self.hidden_size;
        match self.cell {
            Cell::Lstm => {
                let (m, c_next): (Vec<f64>, Vec<f64>) = units
                    .map(|unit| {
                        let (i, f) = (logistic(gate(0, unit)), logistic(gate(1, unit)));
                        let (g, o) = (gate(2, unit).tanh(), logistic(gate(3, unit)));
                        let c = f * c[unit] + i * g;
                        (o * c.tanh(), c)
                    })
                    .unzip();
                let projected = parameter("weight_hr").map(|rows| rows.iter().map(|row| self.dot(row, &m)).collect());
                (projected.unwrap_or(m), c_next)
            }
            Cell::Gru => {
                let h_next = units.map(|unit| {
                    let (r, z) = (logistic(gate(0, unit)), logistic(gate(1, unit)));
                    let n = (from_x[row(2, unit)] + r * from_h[row(2, unit)]).tanh();
                    (1.0 - z) * n + z * h[unit]
                });
                (h_next.collect(), Vec::new())
            }
            Cell::RnnTanh => (units.map(|unit| gate(0, unit).tanh()).collect(), Vec::new()),
            Cell::RnnRelu => (units.map(|unit| gate(0, unit).max(0.0)).collect(), Vec::new()),
        }
    }
}

impl Reference {
    /// The product of a row of a weight and what it meets, both rounded if weights are narrow: blocks of 512 have sums of their own,
    /// and no sum may pass int32.
    fn dot(&self, weights: &[f64], v: &[f64]) -> f64 {
        assert_eq!(weights.len(), v.len());
        let most = f64::from(i32::MAX) / weights.len().min(512) as f64;
        let (weight_level, level) = match self.weights {
            Weights::F32 => return dot(weights, v),
            Weights::I8 => (127.0, (most / 127.0).floor().min(32767.0)),
            Weights::I16 => (most.sqrt().floor().min(32767.0), most.sqrt().floor().min(32767.0)),
        };
        let (weight_scale, scale) = (scale(weights, weight_level), scale(v, level));
        // The core divides a weight, and multiplies a value by the reciprocal; in float32, which decides where a half goes.
        let weights = weights.iter().map(|&w| (w as f32 / weight_scale).round_ties_even());
        let values = v.iter().map(|&v| (v as f32 * (1.0 / scale)).round_ties_even());
        let products: Vec<i64> = weights.zip(values).map(|(w, v)| w as i64 * v as i64).collect();
        for block in products.chunks(512) {
            assert!(block.iter().map(|product| product.abs()).sum::<i64>() <= i64::from(i32::MAX));
        }
        products.iter().sum::<i64>() as f64 * f64::from(weight_scale) * f64::from(scale)
    }
}

/// The largest magnitude over the largest integer, in float32.
fn scale(values: &[f64], level: f64) -> f32 {
    values.iter().fold(1e-30, |most: f32, &value| most.max(value.abs() as f32)) / level as f32
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
