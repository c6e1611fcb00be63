//! The update rules of `torch.optim`, one parameter at a time.

use super::lanes::{state_len, update};
use crate::Error;
use crate::buffer::{product, push, request, zeros};
use crate::simd::{Native, Vector};
use alloc::vec::Vec;

/// Which rule, and with it what [`Optimizer::settings`] and the state of a parameter mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Settings: lr, weight decay, momentum, dampening, Nesterov (0 or 1). State: the momentum, if there is one.
    Sgd,
    /// Settings: lr, weight decay, beta1, beta2, eps, whether the decay is AdamW's (0 or 1). State: means of the gradient
    /// and of its square; a third buffer keeps the greatest of the latter (AMSGrad).
    Adam,
    /// Settings: lr, weight decay, alpha, eps, momentum, centred (0 or 1). State: the mean of the gradient's square, the
    /// momentum if there is one, the mean of the gradient if centred.
    RmsProp,
}

/// How many settings a rule has at most.
pub const SETTINGS: usize = 6;

/// A rule, its settings, and the state of each parameter.
#[derive(Debug)]
pub struct Optimizer {
    rule: Rule,
    /// See [`Rule`].
    pub settings: [f64; SETTINGS],
    /// Of each parameter its buffers one after the other, each [`state_len`] long.
    states: Vec<Vec<f32>>,
}

impl Optimizer {
    /// An optimiser of no parameters, all settings 0.
    pub fn new(rule: Rule) -> Self {
        Self { rule, settings: [0.0; SETTINGS], states: Vec::new() }
    }

    /// Takes on a parameter of `len` values with so many buffers of state, all 0.
    pub fn add(&mut self, len: usize, buffers: usize) -> Result<(), Error> {
        request(product(state_len(len), buffers), || {
            let state = zeros(state_len(len) * buffers)?;
            push(&mut self.states, state)
        })
    }

    /// The state of a parameter.
    pub fn state_mut(&mut self, parameter: usize) -> &mut [f32] {
        &mut self.states[parameter]
    }

    /// Updates a parameter, for the `first` time or again. For Adam, the powers are beta1 and beta2 to the number of its
    /// steps.
    pub fn step(
        &mut self,
        parameter: usize,
        values: &mut [f32],
        gradients: &[f32],
        first: bool,
        power1: f64,
        power2: f64,
    ) {
        let state = &mut self.states[parameter];
        match self.rule {
            Rule::Sgd => sgd::<Native>(self.settings, values, gradients, state, first),
            Rule::Adam => adam::<Native>(self.settings, values, gradients, state, power1, power2),
            Rule::RmsProp => rms_prop::<Native>(self.settings, values, gradients, state),
        }
    }
}

/// A float64 setting, rounded as PyTorch's kernels round their scalars.
fn splat<V: Vector>(value: f64) -> V {
    V::splat(value as f32)
}

/// `torch.optim.SGD`; the first momentum is the gradient itself.
pub fn sgd<V: Vector>(
    [lr, decay, momentum, dampening, nesterov, ..]: [f64; SETTINGS],
    values: &mut [f32],
    gradients: &[f32],
    state: &mut [f32],
    first: bool,
) {
    let (lr, decay) = (splat::<V>(-lr), splat::<V>(decay));
    let taken = splat::<V>(if first { 1.0 } else { 1.0 - dampening });
    let (momentum, nesterov) = (splat::<V>(momentum), nesterov != 0.0);
    update(values, gradients, state, &|values, gradients, [m, ..]| {
        for (i, (value, g)) in values.iter_mut().zip(gradients).enumerate() {
            let p = V::load(value);
            let mut g = V::load(g).add_product(p, decay);
            if let Some(kept) = m.get_mut(i) {
                let m = V::load(kept) * momentum + g * taken;
                m.store(kept);
                g = if nesterov { g.add_product(m, momentum) } else { m };
            }
            p.add_product(g, lr).store(value);
        }
    });
}

/// `torch.optim.Adam`, and `AdamW` by its decay; `power1` and `power2` are beta1 and beta2 to the power of the step.
pub fn adam<V: Vector>(
    [lr, decay, beta1, beta2, eps, decoupled]: [f64; SETTINGS],
    values: &mut [f32],
    gradients: &[f32],
    state: &mut [f32],
    power1: f64,
    power2: f64,
) {
    let decoupled = decoupled != 0.0;
    let kept = splat::<V>(if decoupled { 1.0 - lr * decay } else { 1.0 });
    let decay = splat::<V>(if decoupled { 0.0 } else { decay });
    let step = splat::<V>(-lr / (1.0 - power1));
    let correction = V::splat((1.0 - power2) as f32).sqrt();
    let (weight1, beta2, weight2, eps) =
        (splat::<V>(1.0 - beta1), splat::<V>(beta2), splat::<V>(1.0 - beta2), splat::<V>(eps));
    update(values, gradients, state, &|values, gradients, [means, squares, greatest]| {
        let states = means.iter_mut().zip(squares);
        for (i, ((value, g), (mean, square))) in values.iter_mut().zip(gradients).zip(states).enumerate() {
            let p = V::load(value) * kept;
            let g = V::load(g).add_product(p, decay);
            let m = V::load(mean);
            let m = m.add_product(g - m, weight1);
            m.store(mean);
            let mut v = (V::load(square) * beta2).add_product(g * g, weight2);
            v.store(square);
            if let Some(greatest) = greatest.get_mut(i) {
                v = V::load(greatest).max(v);
                v.store(greatest);
            }
            p.add_product(m / (v.sqrt() / correction + eps), step).store(value);
        }
    });
}

/// `torch.optim.RMSprop`.
pub fn rms_prop<V: Vector>(
    [lr, decay, alpha, eps, momentum, centred]: [f64; SETTINGS],
    values: &mut [f32],
    gradients: &[f32],
    state: &mut [f32],
) {
    let (lr, decay, eps) = (splat::<V>(-lr), splat::<V>(decay), splat::<V>(eps));
    let (alpha, weight) = (splat::<V>(alpha), splat::<V>(1.0 - alpha));
    let (moves, centred) = (momentum > 0.0, centred != 0.0);
    let momentum = splat::<V>(momentum);
    update(values, gradients, state, &|values, gradients, [squares, second, third]| {
        let (momenta, rest) = if moves { (second, third) } else { (Default::default(), second) };
        let means = if centred { rest } else { Default::default() };
        for (i, ((value, g), square)) in values.iter_mut().zip(gradients).zip(squares).enumerate() {
            let p = V::load(value);
            let g = V::load(g).add_product(p, decay);
            let mut variance = (V::load(square) * alpha).add_product(g * g, weight);
            variance.store(square);
            if let Some(kept) = means.get_mut(i) {
                let mean = V::load(kept);
                let mean = mean.add_product(g - mean, weight);
                mean.store(kept);
                variance = variance - mean * mean;
            }
            let mut step = g / (variance.sqrt() + eps);
            if let Some(kept) = momenta.get_mut(i) {
                step = V::load(kept) * momentum + step;
                step.store(kept);
            }
            p.add_product(step, lr).store(value);
        }
    });
}

/// The sum of the squares of gradients, in float64.
pub fn sum_of_squares(gradients: &[f32]) -> f64 {
    gradients.iter().map(|&g| f64::from(g) * f64::from(g)).sum()
}
