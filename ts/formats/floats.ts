/** Floating-point numbers of every width that files hold: to float32 when they are read, from float32 when written. */

/** Turns little-endian numbers, which may lie at any offset, aligned or not, into float32. */
export type FloatReader = (source: DataView, values: Float32Array) => void;

/** float32 is copied bit for bit. */
export const readFloat32: FloatReader = (source, values) =>
  new Uint8Array(values.buffer).set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));

/** float64 rounds to the nearest float32, ties to even, and to an infinity beyond float32's range. */
export const readFloat64: FloatReader = (source, values) => {
  for (let i = 0; i < values.length; i++) values[i] = source.getFloat64(8 * i, true);
};

/** float16 widens exactly. */
export const readFloat16: FloatReader = (source, values) => {
  for (let i = 0; i < values.length; i++) values[i] = halfToNumber(source.getUint16(2 * i, true));
};

/** bfloat16 is the upper half of a float32. */
export const readBFloat16: FloatReader = (source, values) => {
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = source.getUint16(2 * i, true) << 16;
};

/** IEEE binary16: 1 sign, 5 exponent, 10 mantissa bits. Exact; arithmetic, so that no thread's flush-to-zero touches it. */
function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const finite = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
  const magnitude = exponent < 31 ? finite : mantissa === 0 ? Infinity : NaN;
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** The bits of a float32 as IEEE binary16: rounds to nearest, ties to even; beyond 65504 to an infinity. NaN stays NaN. */
export function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  const exponent = (magnitude >> 23) - 112; // that of binary16, whose bias is 15 and not 127
  if (exponent >= 31) return sign | 0x7c00;
  // Below the smallest normal number one bit of the mantissa more is lost for each power of 2, and the 1 before it is written.
  const lost = exponent > 0 ? 13 : Math.min(14 - exponent, 31);
  const mantissa = exponent > 0 ? magnitude - (112 << 23) : (magnitude & 0x7fffff) | 0x800000;
  return sign | roundedShift(mantissa, lost); // a carry goes on into the exponent, as it should
}

/** The bits of a float32 as bfloat16, its upper half: rounds to nearest, ties to even. NaN stays NaN. */
export function bfloat16Of(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  const sign = (bits >>> 16) & 0x8000;
  return magnitude > 0x7f800000 ? sign | 0x7fc0 : sign | roundedShift(magnitude, 16);
}

/** `value / 2^lost`, rounded to the nearest integer, ties to even. */
function roundedShift(value: number, lost: number): number {
  const kept = value >>> lost;
  const rest = value - kept * 2 ** lost;
  const half = 2 ** (lost - 1);
  return rest > half || (rest === half && kept & 1) ? kept + 1 : kept;
}
