//! What lives between calls: objects by handle, in statics.

#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::cell::{Cell, UnsafeCell};
use lstm_core::gemm::PackedA;
use lstm_core::train::{Embedding, Layer, Linear, Loss, Optimizer, Standalone};
use lstm_core::{Error, Stack, Stream};

pub static STACKS: Static<Table<Stack>> = Static::new(Table::new());
pub static STREAMS: Static<Table<Stream>> = Static::new(Table::new());
pub static LAYERS: Static<Table<AnyLayer>> = Static::new(Table::new());
pub static OPTIMIZERS: Static<Table<Optimizer>> = Static::new(Table::new());
/// One loss at a time: nothing of it outlives a call.
pub static LOSS: Static<Loss> = Static::new(Loss::new());
/// One product at a time: all objects share the memory for it.
pub static PACKED_A: Static<PackedA> = Static::new(PackedA::new());
/// See [`crate::refused_bytes`].
pub static BYTES: Static<u64> = Static::new(0);

/// A value that one thread at a time may use, one action at a time.
pub struct Static<T> {
    busy: Cell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: this crate runs in WebAssembly without threads; each thread of a host has an instance, and so statics, of its
// own. (Native builds of this crate are only compiled, never called.)
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    const fn new(value: T) -> Self {
        Self { busy: Cell::new(false), value: UnsafeCell::new(value) }
    }

    /// Uses the value. Panics if it is in use already.
    pub fn with<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        assert!(!self.busy.replace(true));
        // SAFETY: nobody else has the value: whoever has it is busy.
        let result = action(unsafe { &mut *self.value.get() });
        self.busy.set(false);
        result
    }
}

impl<T> Static<Table<T>> {
    /// Uses the object of a live handle; panics on another, and if the table is in use already.
    pub fn of<R>(&self, handle: u32, action: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: `find` leaves the table busy, so nobody else has the object.
        let result = action(unsafe { &mut *self.find(handle) });
        self.busy.set(false);
        result
    }

    /// Once for all that is done with an object; on return the table is busy.
    #[inline(never)]
    fn find(&self, handle: u32) -> *mut T {
        let object = self.with(|table| &raw mut *table.get(handle));
        self.busy.set(true);
        object
    }
}

/// Objects by handle. A freed handle is given out again, the last freed first.
pub struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Option<u32>,
}

enum Slot<T> {
    Live(T),
    /// The slot that was freed before it.
    Free(Option<u32>),
}

impl<T> Table<T> {
    const fn new() -> Self {
        Self { slots: Vec::new(), free: None }
    }

    fn get(&mut self, handle: u32) -> &mut T {
        match &mut self.slots[handle as usize] {
            Slot::Live(object) => object,
            Slot::Free(_) => panic!("no live handle"),
        }
    }

    /// The handle of a new object, or [`Error::OutOfMemory`].
    pub fn insert(&mut self, object: T) -> Result<u32, Error> {
        let handle = match self.free {
            Some(handle) => handle,
            None => self.grow()?,
        };
        let slot = &mut self.slots[handle as usize];
        let Slot::Free(next) = *slot else { unreachable!() };
        self.free = next;
        *slot = Slot::Live(object);
        Ok(handle)
    }

    /// A free slot behind the last.
    fn grow(&mut self) -> Result<u32, Error> {
        let handle = self.slots.len();
        let bytes = (size_of::<Slot<T>>() * (handle + 1)) as u64;
        self.slots.try_reserve(1).map_err(|_| Error::OutOfMemory { bytes })?;
        self.slots.push(Slot::Free(None));
        Ok(handle as u32)
    }

    /// Ends an object; panics unless it lives.
    pub fn remove(&mut self, handle: u32) {
        self.get(handle);
        self.slots[handle as usize] = Slot::Free(self.free);
        self.free = Some(handle);
    }
}

/// A layer of any kind. In the table itself: a box would trap where memory is full.
#[allow(clippy::large_enum_variant)]
pub enum AnyLayer {
    /// A linear layer.
    Linear(Linear),
    /// An embedding.
    Embedding(Embedding),
    /// A parameter by itself.
    Standalone(Standalone),
}

impl AnyLayer {
    /// The layer itself.
    pub fn get(&mut self) -> &mut dyn Layer {
        match self {
            Self::Linear(linear) => linear,
            Self::Embedding(embedding) => embedding,
            Self::Standalone(parameter) => parameter,
        }
    }
}
