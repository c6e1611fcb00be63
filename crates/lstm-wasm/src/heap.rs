//! The allocator: blocks of WebAssembly's memory, the free ones in lists by size.
//!
//! A block is a multiple of 16 bytes: a header of four, then its room, which begins where a vector may. The header holds
//! the block's size and two flags. A free block also holds its neighbours in its list, and its size once more in its last
//! four bytes, so that the block behind it finds its start. Two free blocks never lie side by side.
//!
//! Whether a block is large enough is decided by its size. The sum of an address and a size would wrap near 4 GiB.

/// Bytes of a page, by which memory grows.
pub const PAGE: u32 = 1 << 16;
/// The last page of the 4 GiB stays unused: the end of memory is then a number of 32 bits.
const MAX_PAGES: u32 = PAGE - 1;

const UNIT: u32 = 16;
const HEADER: u32 = 4;

/// In a header: the block is in use.
const USED: u32 = 1;
/// In a header: the block before it in memory is in use.
const BEFORE_USED: u32 = 2;
const SIZE: u32 = !(UNIT - 1);

/// Lists of free blocks: eight to each doubling of the size, up to 4 GiB.
const LISTS: usize = 208;
/// How many blocks of a list are tried before larger ones are.
const FEW: usize = 16;

/// Memory in words of four bytes, which grows by pages.
pub trait Memory {
    /// How many pages there are.
    fn pages(&self) -> u32;
    /// Adds so many pages behind the last; false if that cannot be.
    fn grow(&mut self, pages: u32) -> bool;
    /// The word at an address.
    fn read(&self, at: u32) -> u32;
    /// Writes the word at an address.
    fn write(&mut self, at: u32, word: u32);
}

/// Hands out blocks of a memory. Addresses are those of rooms; within this file a block is told by its header's.
pub struct Heap<M> {
    memory: M,
    /// The first block of each list, 0 for none.
    lists: [u32; LISTS],
    /// A bit for each list that has a block.
    filled: [u32; LISTS.div_ceil(32)],
    /// The end of the memory that is managed.
    end: u32,
    /// Bytes of all blocks in use.
    used: u32,
}

impl<M: Memory> Heap<M> {
    /// A heap without any memory yet.
    pub const fn new(memory: M) -> Self {
        Self { memory, lists: [0; LISTS], filled: [0; LISTS.div_ceil(32)], end: 0, used: 0 }
    }

    /// Bytes in use, headers included.
    pub fn used(&self) -> u32 {
        self.used
    }

    /// The address of `size` bytes, a multiple of 16, or none if memory is full.
    pub fn take(&mut self, size: u32) -> Option<u32> {
        let need = size.max(1).checked_add(HEADER + UNIT - 1)? & SIZE;
        let block = match self.find(need) {
            Some(block) => block,
            None => self.grow(need)?,
        };
        let size = self.size(block);
        self.unlink(block);
        if size > need {
            self.link(block + need, size - need);
        } else {
            self.mark(block + size, BEFORE_USED);
        }
        // The block before a free one is in use.
        self.memory.write(block, need | USED | BEFORE_USED);
        self.used += need;
        Some(block + HEADER)
    }

    /// Takes back what [`Heap::take`] gave.
    pub fn give(&mut self, address: u32) {
        let block = address - HEADER;
        self.used -= self.size(block);
        self.free(block);
    }

    /// Makes a block free, together with its free neighbours.
    fn free(&mut self, block: u32) {
        let (mut start, mut size) = (block, self.size(block));
        let behind = block + size;
        if self.memory.read(behind) & USED == 0 {
            size += self.size(behind);
            self.unlink(behind);
        }
        if self.memory.read(block) & BEFORE_USED == 0 {
            let before = self.memory.read(block - HEADER);
            start -= before;
            size += before;
            self.unlink(start);
        }
        self.link(start, size);
    }

    /// A free block of at least `need` bytes.
    fn find(&self, need: u32) -> Option<u32> {
        let list = list_of(need);
        self.first(list, need, FEW).or_else(|| self.above(list)).or_else(|| self.first(list, need, usize::MAX))
    }

    /// The first block of a list that is large enough, among so many.
    fn first(&self, list: usize, need: u32, tries: usize) -> Option<u32> {
        let mut block = self.lists[list];
        for _ in 0..tries {
            if block == 0 || self.size(block) >= need {
                break;
            }
            block = self.memory.read(block + HEADER);
        }
        (block != 0 && self.size(block) >= need).then_some(block)
    }

    /// The first block of the next list that has one: larger than all that belongs into this one.
    fn above(&self, list: usize) -> Option<u32> {
        let next = list + 1;
        let mut word = next / 32;
        let mut bits = self.filled.get(word)? & (u32::MAX << (next % 32));
        while bits == 0 {
            word += 1;
            bits = *self.filled.get(word)?;
        }
        Some(self.lists[word * 32 + bits.trailing_zeros() as usize])
    }

    /// Adds memory until there is a block of `need` bytes. A quarter more each time: engines collect all their garbage when
    /// memory grows, so that must stay rare.
    #[inline(never)]
    fn grow(&mut self, need: u32) -> Option<u32> {
        let present = self.memory.pages();
        let continues = self.end > 0 && self.end >> 16 == present;
        // Less what is free at the end already; at first also a header, and another that marks the end.
        let missing = match continues {
            true if self.memory.read(self.end - HEADER) & BEFORE_USED == 0 => {
                need - self.memory.read(self.end - 2 * HEADER)
            }
            true => need,
            false => need + UNIT,
        };
        let exact = missing.div_ceil(PAGE);
        let room = MAX_PAGES.checked_sub(present)?;
        if exact > room {
            return None;
        }
        let generous = exact.max(present / 4).min(room);
        let pages = [generous, exact].into_iter().find(|&pages| self.memory.grow(pages))?;

        let start = if continues { self.end - HEADER } else { present * PAGE + UNIT - HEADER };
        let before = if continues { self.memory.read(start) & BEFORE_USED } else { BEFORE_USED };
        self.end = (present + pages) * PAGE;
        // The end is marked by a block in use without a size.
        let last = self.end - HEADER;
        self.memory.write(last, USED);
        self.memory.write(start, (last - start) | USED | before);
        self.free(start);
        self.find(need)
    }

    fn size(&self, block: u32) -> u32 {
        self.memory.read(block) & SIZE
    }

    fn mark(&mut self, block: u32, flag: u32) {
        self.memory.write(block, self.memory.read(block) | flag);
    }

    /// Writes a free block and puts it first in its list; the block before it is in use.
    fn link(&mut self, block: u32, size: u32) {
        let list = list_of(size);
        let next = core::mem::replace(&mut self.lists[list], block);
        self.filled[list / 32] |= 1 << (list % 32);
        self.memory.write(block, size | BEFORE_USED);
        self.memory.write(block + HEADER, next);
        self.memory.write(block + 2 * HEADER, 0);
        self.memory.write(block + size - HEADER, size);
        if next != 0 {
            self.memory.write(next + 2 * HEADER, block);
        }
        let behind = block + size;
        self.memory.write(behind, self.memory.read(behind) & !BEFORE_USED);
    }

    /// Takes a free block out of its list.
    fn unlink(&mut self, block: u32) {
        let (next, previous) = (self.memory.read(block + HEADER), self.memory.read(block + 2 * HEADER));
        if next != 0 {
            self.memory.write(next + 2 * HEADER, previous);
        }
        if previous != 0 {
            return self.memory.write(previous + HEADER, next);
        }
        let list = list_of(self.size(block));
        self.lists[list] = next;
        if next == 0 {
            self.filled[list / 32] &= !(1 << (list % 32));
        }
    }
}

/// The list of free blocks of this size: an own one for each size below 128 bytes, then eight to each doubling.
fn list_of(size: u32) -> usize {
    let units = size / UNIT;
    if units < 8 {
        return units as usize;
    }
    let exponent = units.ilog2();
    (8 * (exponent - 2) + (units >> (exponent - 3)) - 8) as usize
}

#[cfg(test)]
mod tests;
