/** Rows of whole numbers of different lengths: row i is items[from[i]] … items[from[i + 1] - 1]. */
export interface Rows {
  readonly from: Uint32Array
  readonly items: Uint32Array
}

/** Numbers 0 … n-1 in rows by their keys, all below `limit`; in each row in their own order (counting sort). */
export function rowsBy(keys: Uint32Array, limit: number): Rows {
  const from = new Uint32Array(limit + 1)
  for (let i = 0; i < keys.length; i++) from[keys[i] + 1]++
  for (let k = 0; k < limit; k++) from[k + 1] += from[k]
  const next = from.slice(0, limit)
  const items = new Uint32Array(keys.length)
  for (let i = 0; i < keys.length; i++) items[next[keys[i]]++] = i
  return { from, items }
}

/** Numbers 0 … n-1 in the order of two keys, the first of which is below `limit`; equal ones in their own order. */
export function sortedByTwo(first: Uint32Array, second: Uint32Array, limit: number): Uint32Array {
  const { from, items } = rowsBy(first, limit)
  for (let row = 0; row < limit; row++) sortRow(items, from[row], from[row + 1], second)
  return items
}

/** Sorts part of a list by keys, equal ones staying in their order: by insertion, as a row of a mesh is some six long. */
function sortRow(items: Uint32Array, from: number, to: number, keys: Uint32Array) {
  if (to - from > 64) {
    items.subarray(from, to).sort((a, b) => keys[a] - keys[b] || a - b)
    return
  }
  for (let i = from + 1; i < to; i++) {
    const item = items[i]
    const key = keys[item]
    let at = i
    for (; at > from && keys[items[at - 1]] > key; at--) items[at] = items[at - 1]
    items[at] = item
  }
}
