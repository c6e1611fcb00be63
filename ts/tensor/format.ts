/**
 * PyTorch's way of printing a float32 tensor, after its torch/_tensor_str.py and with its default options.
 */

/** Digits after the point. */
const PRECISION = 4;
/** With more values than this, only the edges are shown. */
const THRESHOLD = 1000;
/** How many entries an edge has. */
const EDGE = 3;
const LINE_WIDTH = 80;
const PREFIX = "tensor(";

/** `tensor([[1., 2.]])`, for row-major data that fits the shape. */
export function formatTensor(data: Float32Array, shape: readonly number[]): string {
  if (data.length === 0) return `${PREFIX}[]${shape.length === 1 ? "" : `, size=${tuple(shape)}`})`;
  const summarize = data.length > THRESHOLD;

  /** The indices of one dimension that are shown; null stands for those left out. */
  const shown = (size: number): (number | null)[] => {
    const all = summarize && size > 2 * EDGE ? [0, 1, 2, null, size - 3, size - 2, size - 1] : null;
    return all ?? Array.from({ length: size }, (_, i) => i);
  };

  const visible: number[] = [];
  const collect = (depth: number, offset: number): void => {
    if (depth === shape.length) visible.push(data[offset] as number);
    else
      for (const i of shown(shape[depth] as number))
        if (i !== null) collect(depth + 1, offset * (shape[depth] as number) + i);
  };
  collect(0, 0);
  const { format, width } = chooseFormat(visible);

  const block = (depth: number, offset: number): string => {
    const size = shape[depth];
    if (size === undefined) return format(data[offset] as number);
    const inner = depth < shape.length - 1;
    const items = shown(size).map((i) => (i === null ? (inner ? "..." : " ...") : block(depth + 1, offset * size + i)));
    const indent = " ".repeat(PREFIX.length + depth + 1);
    if (inner) return `[${items.join(`,${"\n".repeat(shape.length - 1 - depth)}${indent}`)}]`;
    const perLine = Math.max(1, Math.floor((LINE_WIDTH - PREFIX.length - depth) / (width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
    return `[${lines.join(`,\n${indent}`)}]`;
  };
  return `${PREFIX}${block(0, 0)})`;
}

/** One way of writing for all values shown: integers "1.", fixed "1.0000" or scientific "1.0000e+00", to one width. */
function chooseFormat(values: readonly number[]): { format: (value: number) => string; width: number } {
  const numbers = values.filter((value) => Number.isFinite(value) && value !== 0);
  let min = Infinity;
  let max = 0;
  for (const value of numbers) {
    min = Math.min(min, Math.abs(value));
    max = Math.max(max, Math.abs(value));
  }
  const integers = numbers.every(Number.isInteger);
  // Zeros, infinities and NaNs alone are written as integers: min is then infinite.
  const scientific = max / min > 1000 || max > 1e8 || min < 1e-4;

  const write = (value: number): string => {
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
    const sign = value < 0 || Object.is(value, -0) ? "-" : "";
    const size = Math.abs(value);
    if (scientific) {
      const text = roundHalfEven((digits) => size.toExponential(digits));
      return sign + text.replace(/e([+-])(\d)$/, "e$10$2");
    }
    return sign + (integers ? `${size}.` : roundHalfEven((digits) => size.toFixed(digits)));
  };
  const width = numbers.reduce((widest, value) => Math.max(widest, write(value).length), 1);
  return { format: (value) => write(value).padStart(width), width };
}

/**
 * A number to PRECISION digits as Python writes it: what lies exactly half way goes to the even digit, where JavaScript
 * goes up. Float32 values do lie half way (0.03125), and 30 digits are enough to see it.
 */
function roundHalfEven(write: (digits: number) => string): string {
  const exact = write(30);
  return /\.\d{3}[02468]50{25}(?=e|$)/.test(exact) ? exact.replace(/50{25}(?=e|$)/, "") : write(PRECISION);
}

/** A shape as Python writes a tuple. */
const tuple = (shape: readonly number[]): string => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
