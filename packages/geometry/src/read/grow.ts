type Growing =
  | Float64Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>

/**
 * The array itself while it holds `needed` numbers, otherwise a copy of at least twice its size: what is read piece
 * by piece from a file never takes more than a small multiple of what the file really held.
 */
export function grown<T extends Growing>(array: T, needed: number): T {
  if (needed <= array.length) return array
  const larger = new (array.constructor as new (length: number) => T)(Math.max(needed, 2 * array.length))
  larger.set(array)
  return larger
}
