/** A matrix as 8-bit codes, one scale a column: value = code × scale of its column. */
export interface QuantizedMatrix {
  readonly codes: Int8Array
  readonly scales: Float32Array
}

/**
 * Largest code of a weight. Not 127: AVX2 processors without VNNI add two products of 8-bit numbers in 16 bits, and
 * 2 × 255 × 64 still fits. So every processor computes the same integers, and golden vectors hold everywhere.
 */
const largestCode = 64

/** Symmetric quantization by column of a row-major [rows, columns] matrix. */
export function quantizeColumns(matrix: Float32Array, columns: number): QuantizedMatrix {
  const scales = new Float32Array(columns)
  for (const [i, value] of matrix.entries()) scales[i % columns] = Math.max(scales[i % columns]!, Math.abs(value))
  // A column of zeros (or of values too small to divide) takes any scale.
  for (const [column, largest] of scales.entries()) scales[column] = Math.fround(largest / largestCode) || 1
  return { codes: Int8Array.from(matrix, (value, i) => Math.round(value / scales[i % columns]!)), scales }
}
