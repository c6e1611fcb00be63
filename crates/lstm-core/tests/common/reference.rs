//! `nn.LSTM` as its documentation has it, one sequence and one number at a time, in float64. It shares no code and no
//! layout with the kernels: parameters are found by name, tensors are nested vectors.

use std::collections::HashMap;

pub type Matrix = Vec<Vec<f64>>;

/// What is asked for, and the parameters by PyTorch's names, each with its rows.
pub struct Reference {
    pub hidden_size: usize,
    pub num_layers: usize,
    pub bidirectional: bool,
    pub parameters: HashMap<String, Matrix>,
}

/// One sequence's results: output (T, D * H_out), h_n and c_n (layers * D, .).
pub struct Result {
    pub output: Matrix,
    pub h: Matrix,
    pub c: Matrix,
}

impl Reference {
    /// Runs one sequence through all layers. `h0` and `c0` have a row for each layer and direction.
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
                    (h, c) = self.cell(layer, direction, &input[t], &h, &c);
                    output[t].extend(&h);
                }
                h_n.push(h);
                c_n.push(c);
            }
            input = output;
        }
        Result { output: input, h: h_n, c: c_n }
    }

    fn cell(&self, layer: usize, direction: usize, x: &[f64], h: &[f64], c: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let suffix = format!("_l{layer}{}", if direction == 1 { "_reverse" } else { "" });
        let parameter = |name: &str| self.parameters.get(&format!("{name}{suffix}"));
        let gate = |index: usize, unit: usize| {
            let row = index * self.hidden_size + unit;
            let mut sum = dot(&parameter("weight_ih").unwrap()[row], x) + dot(&parameter("weight_hh").unwrap()[row], h);
            if let (Some(b_ih), Some(b_hh)) = (parameter("bias_ih"), parameter("bias_hh")) {
                sum += b_ih[row][0] + b_hh[row][0];
            }
            sum
        };
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        let (mut h_next, mut c_next) = (Vec::new(), Vec::new());
        assert_eq!(c.len(), self.hidden_size);
        for (unit, &c) in c.iter().enumerate() {
            let i = logistic(gate(0, unit));
            let f = logistic(gate(1, unit));
            let g = gate(2, unit).tanh();
            let o = logistic(gate(3, unit));
            let cell = f * c + i * g;
            c_next.push(cell);
            h_next.push(o * cell.tanh());
        }
        if let Some(weight_hr) = parameter("weight_hr") {
            h_next = weight_hr.iter().map(|row| dot(row, &h_next)).collect();
        }
        (h_next, c_next)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
