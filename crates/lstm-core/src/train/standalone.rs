//! A parameter by itself, of a module that is written in JavaScript.

use super::{Buffer, Layer, Parameter};
use crate::Error;
use crate::buffer::{product, request};
use crate::gemm::PackedA;

/// Values and their gradients, which optimisers update. What is computed with them is the caller's business.
#[derive(Debug)]
pub struct Standalone(Parameter);

impl Standalone {
    /// `len` zeros, and as many gradients of 0.
    pub fn new(len: usize) -> Result<Self, Error> {
        request(product(2, len), || {
            let mut parameter = Parameter::zeros(len)?;
            parameter.reserve_gradients()?;
            Ok(Self(parameter))
        })
    }
}

impl Layer for Standalone {
    fn reserve(&mut self, _: usize, _: bool) -> Result<(), Error> {
        Ok(())
    }

    fn address(&mut self, _: Buffer) -> usize {
        self.0.values.as_ptr().addr()
    }

    fn forward(&mut self, _: &mut PackedA) {}

    fn backward(&mut self, _: &mut PackedA) {}

    fn parameter(&mut self, _: usize) -> &mut Parameter {
        &mut self.0
    }

    fn changed(&mut self) {}

    fn version(&mut self) -> u32 {
        0
    }
}
