/** The tensors of torch.save: views of storages, each of which is an entry of the file. */
import { MAX_DIMENSIONS } from "../tensor/elements.js";
import { allocate, Tensor } from "../tensor/tensor.js";
import { type FloatReader, readBFloat16, readFloat16, readFloat32, readFloat64 } from "./floats.js";
import { quote } from "./json-reader.js";
import { Foreign, Global, type Pickled, type PickleRules } from "./pickle.js";
import { endOf, gather, swapped } from "./strided-bytes.js";
import { invalid } from "./torch-errors.js";

/** The dtypes that become float32, under the names that PyTorch's classes of storages have. */
const READERS: ReadonlyMap<string, readonly [itemSize: number, read: FloatReader]> = new Map([
  ["float", [4, readFloat32]],
  ["half", [2, readFloat16]],
  ["bfloat16", [2, readBFloat16]],
  ["double", [8, readFloat64]],
]);

/** Where numbers lie: the key of an entry, and how many elements it holds. */
class Storage {
  constructor(
    readonly dtype: string,
    readonly key: string,
    readonly length: number,
  ) {}
}

/** What `torch._utils._rebuild_tensor_v2` is called with; nothing of it is checked yet. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly dtype: string,
    readonly offset: Pickled,
    readonly shape: Pickled,
    readonly stride: Pickled,
  ) {}

  get readable(): boolean {
    return READERS.has(this.dtype);
  }
}

/** The names that a file of tensors may call, and what storages are. */
export const TORCH_RULES: PickleRules = {
  call(name, args) {
    const [first, second, third, fourth] = args as [Pickled, Pickled, Pickled, Pickled];
    if (/^torch\._utils\._rebuild_tensor(_v[23])?$/.test(name)) {
      if (!(first instanceof Storage)) throw invalid("a tensor has no storage");
      let { dtype } = first;
      const last = args[6]; // the dtype, if the storage has none, or how the numbers differ from those that are stored
      if (last instanceof Global) dtype = last.name.replace("torch.", "");
      else if (last instanceof Map) dtype += ", conjugated or negated";
      return new TorchTensor(first, dtype, second, third, fourth);
    }
    // With or without attributes of its own.
    if (/^torch\._utils\._rebuild_parameter(_with_state)?$/.test(name) && first instanceof TorchTensor) return first;
    if (
      name === "torch._tensor._rebuild_from_type_v2" &&
      first instanceof Global &&
      first.name !== name &&
      Array.isArray(third)
    ) {
      return TORCH_RULES.call(first.name, third);
    }
    if (name === "collections.OrderedDict") return args.length === 0 ? new Map() : undefined;
    return name === "torch.Size" && Array.isArray(first) ? first : undefined;
  },
  persistent(id) {
    if (Array.isArray(id)) {
      const [tag, type, key, , length] = id as [Pickled, Pickled, Pickled, Pickled, Pickled];
      if (tag === "storage" && type instanceof Global && typeof key === "string" && isSize(length)) {
        return new Storage(type.name.replace(/^torch\.|Storage$/g, "").toLowerCase(), key, length);
      }
    }
    throw invalid("it refers to something that is no storage");
  },
};

/**
 * What turns records into Tensors. Those that are the same view of the same storage, as tied weights are, become one Tensor.
 *
 * @param bytesOf the bytes of a tensor's storage
 */
export function tensorReader(
  bytesOf: (record: TorchTensor) => Uint8Array,
  bigEndian: boolean,
  fileBytes: number,
): (name: string, record: TorchTensor) => Tensor {
  const views = new Map<string, Tensor>();
  // Views may overlap, and repeat an element by a stride of 0: what comes out is bounded too.
  let left = fileBytes + 2 ** 22;
  return (name, record) => {
    const { storage, dtype, offset, shape, stride } = record;
    const [itemSize, read] = READERS.get(dtype) as readonly [number, FloatReader];
    const fits = isSizes(shape) && isSizes(stride) && shape.length === stride.length && shape.length <= MAX_DIMENSIONS;
    if (!isSize(offset) || !fits) throw invalid(`tensor ${quote(name)} has sizes that no tensor has`);
    const view = [storage.key, dtype, offset, shape, stride].join(" ");
    const known = views.get(view);
    if (known !== undefined) return known;

    const bytes = bytesOf(record);
    const layout = { offset, shape, stride };
    const held = Math.min(storage.length, Math.floor(bytes.length / itemSize));
    const end = endOf(layout);
    if (end > held) {
      throw invalid(`tensor ${quote(name)} ends at element ${end} of a storage of ${held} (a truncated file?)`);
    }
    left -= shape.reduce((a, b) => a * b, 1);
    if (!(left >= 0)) throw invalid("its tensors have far more elements than its bytes can hold");

    const values = allocate(shape);
    const dense = gather(bytes, layout, itemSize);
    const little = bigEndian ? swapped(dense, itemSize) : dense;
    read(new DataView(little.buffer, little.byteOffset, little.byteLength), values);
    const tensor = new Tensor(values, shape);
    views.set(view, tensor);
    return tensor;
  };
}

const isSize = (value: Pickled): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: Pickled): value is number[] => Array.isArray(value) && value.every(isSize);

/** A value of a checkpoint, as Python's users call it. */
export function kindOf(value: Pickled): string {
  if (value instanceof TorchTensor) return `a tensor of dtype ${value.dtype}`;
  if (value instanceof Foreign || value instanceof Global) return value.name;
  if (value instanceof Map) return "a dict";
  if (Array.isArray(value)) return "a list or tuple";
  return value === null ? "None" : `a ${typeof value}`;
}
