/**
 * c += a * b^T for row-major a (m, k), b (n, k) and c (m, n): every product of an LSTM over several rows, forward and
 * backward, is brought into this form, in which both operands are read along their rows. A tile of 2 x 4 sums takes six
 * loads for eight multiplications, divides what an LSTM has, and stays in registers in every V8 since Node 20.
 */
export function addProduct(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  c: Float32Array,
  cStart: number,
  m: number,
  n: number,
  k: number,
): void {
  const tiled = n - (n % 4);
  let row = 0;
  for (; row + 2 <= m; row += 2) {
    const [a0, a1] = [aStart + row * k, aStart + (row + 1) * k];
    const [c0, c1] = [cStart + row * n, cStart + (row + 1) * n];
    for (let column = 0; column < tiled; column += 4) tile2x4(a, a0, a1, b, column * k, c, c0 + column, c1 + column, k);
  }
  for (; row < m; row++) {
    const at = cStart + row * n;
    for (let column = 0; column < tiled; column += 4) tile1x4(a, aStart + row * k, b, column * k, c, at + column, k);
  }
  for (let column = tiled; column < n; column++) {
    for (let row = 0; row < m; row++) addDot(a, aStart + row * k, b, column * k, c, cStart + row * n + column, k);
  }
}

function tile2x4(
  a: Float32Array,
  a0: number,
  a1: number,
  b: Float32Array,
  b0: number,
  c: Float32Array,
  c0: number,
  c1: number,
  k: number,
): void {
  const b1 = b0 + k;
  const b2 = b1 + k;
  const b3 = b2 + k;
  let s00 = c[c0] as number;
  let s01 = c[c0 + 1] as number;
  let s02 = c[c0 + 2] as number;
  let s03 = c[c0 + 3] as number;
  let s10 = c[c1] as number;
  let s11 = c[c1 + 1] as number;
  let s12 = c[c1 + 2] as number;
  let s13 = c[c1 + 3] as number;
  for (let i = 0; i < k; i++) {
    const x0 = a[a0 + i] as number;
    const x1 = a[a1 + i] as number;
    const y0 = b[b0 + i] as number;
    s00 += x0 * y0;
    s10 += x1 * y0;
    const y1 = b[b1 + i] as number;
    s01 += x0 * y1;
    s11 += x1 * y1;
    const y2 = b[b2 + i] as number;
    s02 += x0 * y2;
    s12 += x1 * y2;
    const y3 = b[b3 + i] as number;
    s03 += x0 * y3;
    s13 += x1 * y3;
  }
  c[c0] = s00;
  c[c0 + 1] = s01;
  c[c0 + 2] = s02;
  c[c0 + 3] = s03;
  c[c1] = s10;
  c[c1 + 1] = s11;
  c[c1 + 2] = s12;
  c[c1 + 3] = s13;
}

function tile1x4(
  a: Float32Array,
  a0: number,
  b: Float32Array,
  b0: number,
  c: Float32Array,
  c0: number,
  k: number,
): void {
  const b1 = b0 + k;
  const b2 = b1 + k;
  const b3 = b2 + k;
  let s0 = c[c0] as number;
  let s1 = c[c0 + 1] as number;
  let s2 = c[c0 + 2] as number;
  let s3 = c[c0 + 3] as number;
  for (let i = 0; i < k; i++) {
    const x = a[a0 + i] as number;
    s0 += x * (b[b0 + i] as number);
    s1 += x * (b[b1 + i] as number);
    s2 += x * (b[b2 + i] as number);
    s3 += x * (b[b3 + i] as number);
  }
  c[c0] = s0;
  c[c0 + 1] = s1;
  c[c0 + 2] = s2;
  c[c0 + 3] = s3;
}

function addDot(
  a: Float32Array,
  a0: number,
  b: Float32Array,
  b0: number,
  c: Float32Array,
  c0: number,
  k: number,
): void {
  let sum = c[c0] as number;
  for (let i = 0; i < k; i++) sum += (a[a0 + i] as number) * (b[b0 + i] as number);
  c[c0] = sum;
}

/** to (columns, rows) = from (rows, columns), transposed: quadratic work that makes a cubic product read along rows. */
export function transpose(from: Float32Array, rows: number, columns: number, to: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to[column * rows + row] = from[row * columns + column] as number;
    }
  }
}
