//! The heap on a whole 32-bit memory, of which only headers are kept.

use super::*;
use std::collections::HashMap;

/// All of a 32-bit memory, of which only headers are written.
#[derive(Default)]
struct Sparse {
    words: HashMap<u32, u32>,
    pages: u32,
    growths: u32,
}

impl Memory for Sparse {
    fn pages(&self) -> u32 {
        self.pages
    }

    fn grow(&mut self, pages: u32) -> bool {
        self.growths += 1;
        let fits = self.pages + pages <= 65_536;
        self.pages += if fits { pages } else { 0 };
        fits
    }

    fn read(&self, at: u32) -> u32 {
        assert!(at.is_multiple_of(4) && at >> 16 < self.pages);
        self.words.get(&at).copied().unwrap_or_default()
    }

    fn write(&mut self, at: u32, word: u32) {
        assert!(at.is_multiple_of(4) && at >> 16 < self.pages);
        self.words.insert(at, word);
    }
}

fn heap() -> Heap<Sparse> {
    Heap::new(Sparse { pages: 17, ..Sparse::default() })
}

/// Walks over all blocks: they cover the heap, no two free ones touch, and every free one is in its list.
fn check(heap: &Heap<Sparse>, live: &HashMap<u32, u32>) {
    let (mut block, mut before, mut used, mut free) = (17 * PAGE + UNIT - HEADER, BEFORE_USED, 0, 0);
    while block != heap.end - HEADER {
        let (header, size) = (heap.memory.read(block), heap.size(block));
        assert!(size >= UNIT && header & BEFORE_USED == before);
        if header & USED == 0 {
            assert_eq!((before, heap.memory.read(block + size - HEADER)), (BEFORE_USED, size));
            free += 1;
            before = 0;
        } else {
            assert!(live[&(block + HEADER)] <= size - HEADER);
            used += size;
            before = BEFORE_USED;
        }
        block += size;
    }
    let mut listed = 0;
    for (list, &first) in heap.lists.iter().enumerate() {
        assert_eq!(heap.filled[list / 32] >> (list % 32) & 1 == 1, first != 0);
        let mut block = first;
        while block != 0 {
            assert_eq!((list_of(heap.size(block)), heap.memory.read(block) & USED), (list, 0));
            listed += 1;
            block = heap.memory.read(block + HEADER);
        }
    }
    assert_eq!((used, free), (heap.used(), listed));
}

fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as u32
}

/// Sizes of any order of magnitude.
fn some_size(state: &mut u64, most: u32) -> u32 {
    (random(state) >> (random(state) % 31)).clamp(1, most)
}

#[test]
fn lists_ascend_and_end_at_4_gib() {
    let sizes = (0..32).flat_map(|e| (0..16).map(move |s| (1_u64 << e) * (16 + s) / 16)).filter(|&s| s < 1 << 32);
    let lists: Vec<usize> = sizes.map(|size| list_of(size as u32)).collect();
    assert!(lists.is_sorted());
    assert_eq!((list_of(UNIT), list_of(u32::MAX)), (1, LISTS - 1));
}

#[test]
fn any_order_of_takes_and_gives_over_4_gib() {
    for seed in 0..8 {
        let (mut heap, mut state, mut live) = (heap(), seed, HashMap::new());
        for step in 0..6000 {
            let fills = step / 1000 % 2 == 0;
            if live.is_empty() || random(&mut state) % 8 < if fills { 6 } else { 2 } {
                let size = some_size(&mut state, 1 << 28);
                if let Some(at) = heap.take(size) {
                    assert!(at.is_multiple_of(UNIT) && u64::from(at) + u64::from(size) < 1 << 32);
                    assert!(live.insert(at, size).is_none());
                }
            } else {
                let at = *live.keys().nth(random(&mut state) as usize % live.len()).unwrap();
                live.remove(&at);
                heap.give(at);
            }
            if step % 100 == 0 {
                check(&heap, &live);
            }
        }
        live.keys().for_each(|&at| heap.give(at));
        check(&heap, &HashMap::new());
        assert_eq!(heap.used(), 0);
    }
}

#[test]
fn full_memory_refuses_and_stays_whole() {
    for (step, at_end) in [(1 << 20, 101 << 20), (1 << 20, 120 << 20), (48, 48), (3 << 20, 1 << 31), (5000, 1 << 30)] {
        let (mut heap, mut live) = (heap(), HashMap::new());
        // So that small steps are not too many.
        for size in [1 << 31, 1 << 30, 1 << 29, 1 << 28, 1 << 27, 1 << 26].map(|size| size - (1 << 16)) {
            live.insert(heap.take(size).unwrap(), size);
        }
        while let Some(at) = heap.take(step) {
            live.insert(at, step);
            if heap.used() > u32::MAX - (90 << 20) {
                assert_eq!(heap.take(at_end.max(91 << 20)), None);
            }
        }
        let (used, growths) = (heap.used(), heap.memory.growths);
        assert_eq!([step, at_end, 1 << 31, u32::MAX].map(|size| heap.take(size)), [None; 4]);
        assert_eq!((heap.used(), heap.memory.growths), (used, growths), "a refusal changes nothing");
        assert!(heap.used() > 4_293_700_000 - step, "{} bytes are used", heap.used());
        check(&heap, &live);
        // What is given back fits again.
        let (&at, &size) = live.iter().next().unwrap();
        heap.give(at);
        assert_eq!(heap.take(size), Some(at));
    }
}

#[test]
fn memory_grows_rarely() {
    let mut heap = heap();
    (0..100_000).for_each(|_| assert!(heap.take(1000).is_some()));
    assert!(heap.memory.growths <= 25, "{}", heap.memory.growths);
    assert!(heap.memory.pages * PAGE < 150_000_000);
}

#[test]
fn memory_that_others_grew_is_no_part_of_it() {
    let mut heap = heap();
    heap.take(100).unwrap();
    let end = heap.end;
    heap.memory.pages += 1;
    let at = heap.take(1 << 20).unwrap();
    assert!(at > end + PAGE);
    heap.give(at);
    assert_eq!(heap.take(1 << 20), Some(at));
}
