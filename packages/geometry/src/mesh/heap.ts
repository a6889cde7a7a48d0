/** Numbers waiting with a key, the smallest key first (binary heap over typed arrays that grow as needed). */
export interface Heap {
  size: () => number
  push: (key: number, item: number) => void
  /** Takes the first away and returns it; its key is then in `key()`. -1 when nothing waits. */
  pop: () => number
  key: () => number
}

export function newHeap(capacity = 1024): Heap {
  let keys = new Float64Array(capacity)
  let items = new Uint32Array(capacity)
  let size = 0
  let lastKey = Infinity
  const push = (key: number, item: number) => {
    if (size === keys.length) {
      const [oldKeys, oldItems] = [keys, items]
      keys = new Float64Array(2 * size)
      items = new Uint32Array(2 * size)
      keys.set(oldKeys)
      items.set(oldItems)
    }
    let i = size++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (keys[parent] <= key) break
      keys[i] = keys[parent]
      items[i] = items[parent]
      i = parent
    }
    keys[i] = key
    items[i] = item
  }
  const pop = () => {
    if (size === 0) return -1
    const first = items[0]
    lastKey = keys[0]
    size--
    const key = keys[size]
    const item = items[size]
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= size) break
      if (child + 1 < size && keys[child + 1] < keys[child]) child++
      if (keys[child] >= key) break
      keys[i] = keys[child]
      items[i] = items[child]
      i = child
    }
    keys[i] = key
    items[i] = item
    return first
  }
  return { size: () => size, push, pop, key: () => lastKey }
}
