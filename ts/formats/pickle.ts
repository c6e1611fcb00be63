/**
 * The machine that reads Python's pickle, protocols 2 to 5. In Python a pickle can call any function; here nothing is ever
 * called: the reader that uses the machine makes values of the few names that it knows, and every other name becomes a
 * {@link Foreign}, which only tells what it would have been.
 *
 * What a pickle costs is bounded: one pass over its bytes, and limits on the stack, the memo and the objects made.
 */
import { invalid } from "./torch-errors.js";
import { decodeUtf8 } from "./utf8.js";

/** What a pickle holds. Tuples and lists are arrays, dicts are Maps, None is null; bytes and sets are Foreign. */
export type Pickled = null | boolean | number | string | object;

/** A function or class by its name in Python: `torch.FloatStorage`. */
export class Global {
  constructor(readonly name: string) {}
}

/** An object that is not made here, by the name of its class or of the function that would have made it. */
export class Foreign {
  constructor(readonly name: string) {}
}

/** What the reader that uses the machine says. */
export interface PickleRules {
  /** The result of calling what has this name; undefined for a name that it does not know. */
  call(name: string, args: readonly Pickled[]): object | undefined;
  /** What lies outside of the pickle, by its persistent id. */
  persistent(id: Pickled): object;
}

/** As many stack entries, memo entries and objects as a pickle may have; a checkpoint makes about 50 for each parameter. */
const MAX_OBJECTS = 2 ** 20;

const STOP = 0x2e;

/** The value that a pickle holds. */
export function unpickle(bytes: Uint8Array, rules: PickleRules): Pickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Pickled[] = [];
  /** How long the stack was at each mark. */
  const marks: number[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;
  let made = 0;

  /** What each opcode does, under the names of Python's pickletools. */
  const opcodes: Readonly<Record<number, () => void>> = {
    128: () => skip(1), // PROTO
    149: () => skip(8), // FRAME

    40: () => mark(), // MARK
    49: () => sinceMark(), // POP_MARK

    113: () => memorise(byte()), // BINPUT
    114: () => memorise(uint32()), // LONG_BINPUT
    148: () => memorise(memo.size), // MEMOIZE
    104: () => push(remembered(byte())), // BINGET
    106: () => push(remembered(uint32())), // LONG_BINGET

    78: () => push(null), // NONE
    136: () => push(true), // NEWTRUE
    137: () => push(false), // NEWFALSE
    75: () => push(byte()), // BININT1
    77: () => push(view.getUint16(skip(2), true)), // BININT2
    74: () => push(view.getInt32(skip(4), true)), // BININT
    138: () => push(long(byte())), // LONG1
    71: () => push(view.getFloat64(skip(8))), // BINFLOAT, big-endian

    140: () => push(text(byte())), // SHORT_BINUNICODE
    88: () => push(text(uint32())), // BINUNICODE
    67: () => foreignBytes(byte()), // SHORT_BINBYTES
    66: () => foreignBytes(uint32()), // BINBYTES

    41: () => make([]), // EMPTY_TUPLE
    133: () => make(popMany(1)), // TUPLE1
    134: () => make(popMany(2)), // TUPLE2
    135: () => make(popMany(3)), // TUPLE3
    116: () => make(sinceMark()), // TUPLE
    93: () => make([]), // EMPTY_LIST
    97: () => append(popMany(1)), // APPEND
    101: () => append(sinceMark()), // APPENDS
    125: () => make(new Map()), // EMPTY_DICT
    115: () => setItems(popMany(2)), // SETITEM
    117: () => setItems(sinceMark()), // SETITEMS
    143: () => make(new Foreign("set")), // EMPTY_SET
    144: () => sinceMark(), // ADDITEMS
    145: () => frozenSet(), // FROZENSET

    99: () => global([line(), line()]), // GLOBAL
    147: () => global(popMany(2)), // STACK_GLOBAL
    82: () => call(popMany(2)), // REDUCE
    129: () => call(popMany(2)), // NEWOBJ
    146: () => call(popMany(3)), // NEWOBJ_EX
    98: () => build(), // BUILD
    81: () => make(rules.persistent(pop())), // BINPERSID
  };

  for (;;) {
    const opcode = byte();
    if (opcode === STOP) return pop();
    const run = opcodes[opcode];
    if (run === undefined) throw fault(`opcode 0x${opcode.toString(16)} is not known`);
    run();
  }

  function global([module, name]: readonly Pickled[]): void {
    if (typeof module !== "string" || typeof name !== "string") throw misfit();
    make(new Global(`${module}.${name}`));
  }

  function call([callee, args]: readonly Pickled[]): void {
    const known = callee instanceof Global || callee instanceof Foreign;
    if (!known || !Array.isArray(args)) throw misfit();
    make((callee instanceof Global && rules.call(callee.name, args)) || new Foreign(callee.name));
  }

  /** BUILD gives an object its attributes, which no value that is made here has. */
  function build(): void {
    pop();
    top();
  }

  function frozenSet(): void {
    sinceMark();
    make(new Foreign("set"));
  }

  function append(items: readonly Pickled[]): void {
    const list = top();
    if (Array.isArray(list)) for (const item of items) list.push(item);
    else if (!(list instanceof Foreign)) throw misfit();
  }

  function setItems(items: readonly Pickled[]): void {
    const dict = top();
    if (items.length % 2 === 1 || !(dict instanceof Map || dict instanceof Foreign)) throw misfit();
    if (dict instanceof Foreign) return;
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  function make(value: Pickled): void {
    if (++made > MAX_OBJECTS) throw tooMany();
    push(value);
  }

  function push(value: Pickled): void {
    if (stack.push(value) > MAX_OBJECTS) throw tooMany();
  }

  function mark(): void {
    if (marks.push(stack.length) > MAX_OBJECTS) throw tooMany();
  }

  function top(): Pickled {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fault("the stack is empty");
    return stack.at(-1) as Pickled;
  }

  function pop(): Pickled {
    const value = top();
    stack.pop();
    return value;
  }

  function popMany(count: number): Pickled[] {
    const values = Array.from({ length: count }, () => pop());
    return values.reverse();
  }

  function sinceMark(): Pickled[] {
    const mark = marks.pop();
    if (mark === undefined) throw fault("there is no mark");
    const values = stack.slice(mark);
    stack.length = mark;
    return values;
  }

  function memorise(index: number): void {
    memo.set(index, top());
    if (memo.size > MAX_OBJECTS) throw tooMany();
  }

  function remembered(index: number): Pickled {
    const value = memo.get(index);
    if (value === undefined) throw fault(`memo entry ${index} is not there`);
    return value;
  }

  /** Where `count` bytes begin, which must be there; the next are read behind them. */
  function skip(count: number): number {
    const begin = at;
    if (count > bytes.length - begin) throw early();
    at += count;
    return begin;
  }

  function byte(): number {
    return view.getUint8(skip(1));
  }

  function uint32(): number {
    return view.getUint32(skip(4), true);
  }

  /** An integer in two's complement. Sizes are far below 2^53; what is above rounds. */
  function long(count: number): number {
    const begin = skip(count);
    let value = 0;
    for (let i = count - 1; i >= 0; i--) value = value * 256 + view.getUint8(begin + i);
    return count > 0 && view.getInt8(begin + count - 1) < 0 ? value - 256 ** count : value;
  }

  function text(length: number): string {
    const begin = skip(length);
    return decodeUtf8(bytes.subarray(begin, begin + length), () => invalid("its pickle has text that is not UTF-8"));
  }

  function line(): string {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw early();
    const line = text(end - at);
    skip(1);
    return line;
  }

  function foreignBytes(length: number): void {
    skip(length);
    make(new Foreign("bytes"));
  }

  function tooMany(): Error {
    return fault(`it has more than ${MAX_OBJECTS} objects`);
  }

  function early(): Error {
    return fault("it ends too early (a truncated file?)");
  }

  function misfit(): Error {
    return fault("an opcode does not fit what it is applied to");
  }

  function fault(why: string): Error {
    return invalid(`its pickle is broken at byte ${at}: ${why}`);
  }
}
