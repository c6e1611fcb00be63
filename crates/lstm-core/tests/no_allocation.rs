//! After a reservation no call allocates: counted by the allocator itself.

mod common;

use common::narrowed;
use lstm_core::Shape;
use lstm_core::cell::Cell;
use lstm_core::config::{Options, Weights};
use lstm_core::dropout::Draw;
use lstm_core::gemm::PackedA;
use lstm_core::train::{Embedding, Layer, Linear, Loss, Optimizer, Rule};
use lstm_core::{Call, Config, Stack, Stream};
use std::alloc::{GlobalAlloc, Layout, System};

struct Counting;

thread_local! {
    static ALLOCATIONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[allow(unsafe_code)]
// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are the ones that the system asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the ones that the system asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(action: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    action();
    ALLOCATIONS.get() - before
}

fn options(cell: Cell, bidirectional: bool) -> Options {
    Options {
        cell,
        input_size: 7,
        hidden_size: 11,
        num_layers: 3,
        proj_size: if cell == Cell::Lstm { 5 } else { 0 },
        bidirectional,
        dropout: 0.5,
        ..Options::default()
    }
}

#[test]
fn the_count_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1.0_f32; 8]))), 1);
}

#[test]
fn a_forward_never_allocates() {
    for cell in Cell::ALL {
        let mut stack = Stack::new(Config::new(options(cell, true)).unwrap()).unwrap();
        let shape = Shape { steps: 6, batch: 5, rows: 21 };
        stack.reserve(shape, None).unwrap();
        stack.batch_sizes_mut().copy_from_slice(&[5, 5, 4, 3, 2, 2]);
        let packed = Call { packed: true, dropout: Some(Draw::default()), ..Call::default() };
        assert_eq!(allocations(|| stack.forward(packed, &mut PackedA::new()).unwrap()), 0);
        assert_eq!(
            allocations(|| {
                stack.parameters_mut();
                stack.forward(packed, &mut PackedA::new()).unwrap()
            }),
            0,
            "with weights to pack"
        );

        // A smaller reservation after a larger one takes nothing new.
        assert_eq!(allocations(|| stack.reserve(Shape::padded(5, 4), None).unwrap()), 0);
        assert_eq!(
            allocations(|| stack.forward(Call { batch_first: true, ..Call::default() }, &mut PackedA::new()).unwrap()),
            0
        );
    }
}

#[test]
fn training_never_allocates() {
    for cell in Cell::ALL {
        let mut stack = Stack::new(Config::new(options(cell, true)).unwrap()).unwrap();
        let train = Call { keeps: true, dropout: Some(Draw::default()), ..Call::default() };
        for _ in 0..2 {
            stack.reserve(Shape::padded(4, 3), None).unwrap();
            stack.reserve_training(None).unwrap();
            assert_eq!(allocations(|| stack.forward(train, &mut PackedA::new()).unwrap()), 0);
            assert_eq!(allocations(|| stack.backward(0, &mut PackedA::new()).unwrap()), 0);
        }
        // The memory of one forward serves the next.
        stack.reserve(Shape::padded(4, 3), None).unwrap();
        assert_eq!(allocations(|| stack.reserve_training(None).unwrap()), 0);
        assert_eq!(allocations(|| stack.forward(train, &mut PackedA::new()).unwrap()), 0);
        assert_eq!(allocations(|| stack.backward_memory().unwrap().discard(usize::MAX)), 0);
    }
}

#[test]
fn a_step_never_allocates() {
    for cell in Cell::ALL {
        let config = Config::new(options(cell, false)).unwrap();
        let mut stack = Stack::new(config).unwrap();
        for batch in [1, 3] {
            let mut stream = Stream::new(config, batch).unwrap();
            assert_eq!(allocations(|| stream.step(&mut stack, &mut PackedA::new())), 0);
            stream.reserve(&mut stack, 4).unwrap();
            assert_eq!(allocations(|| stream.run(&mut stack, &mut PackedA::new()).unwrap()), 0);
        }
    }
}

#[test]
fn narrow_weights_never_allocate() {
    for (cell, weights) in Cell::ALL.into_iter().flat_map(|cell| [Weights::I8, Weights::I16].map(|kind| (cell, kind))) {
        let config = Config::new(options(cell, false)).unwrap();
        let mut stack = narrowed(&Stack::new(config).unwrap(), weights);
        let mut stream = Stream::new(config, 5).unwrap();
        assert_eq!(allocations(|| stream.step(&mut stack, &mut PackedA::new())), 0);
        stack.reserve(Shape::padded(6, 5), None).unwrap();
        assert_eq!(allocations(|| stack.forward(Call::default(), &mut PackedA::new()).unwrap()), 0);
    }
}

#[test]
fn layers_losses_and_optimisers_never_allocate() {
    let mut linear = Linear::new(5, 3, true, Weights::F32).unwrap();
    let mut embedding = Embedding::new(4, 5, None).unwrap();
    let mut loss = Loss::new();
    let mut optimizer = Optimizer::new(Rule::Adam);
    optimizer.add(15, 2).unwrap();
    for _ in 0..2 {
        linear.reserve(7, true).unwrap();
        embedding.reserve(7, true).unwrap();
        loss.reserve(7, 3).unwrap();
        let packed_a = &mut PackedA::new();
        let step = || {
            embedding.forward(packed_a);
            linear.forward(packed_a);
            loss.cross_entropy(3, 0.1, None, true);
            linear.backward(packed_a);
            embedding.backward(packed_a);
            let weight = linear.parameter(0);
            optimizer.step(0, &mut weight.values, &weight.gradients, true, 0.9, 0.99);
            linear.changed();
        };
        assert_eq!(allocations(step), 0);
    }
}
