import { textWidth } from './stroke-font.ts'

/** What wants to stand beside the picture, as near as may be to the height of its anchor. Pixels, y downwards. */
export interface Wish {
  readonly height: number
  readonly anchorX: number
  readonly anchorY: number
}

/**
 * Breaks a text into lines no wider than this (heights of a capital): between words, and within a word only when it
 * is too long for any line.
 */
export function wrap(text: string, widest: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer) <= widest) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = broken(word, widest)
    lines.push(...pieces.slice(0, -1))
    line = pieces[pieces.length - 1]
  }
  if (line !== '') lines.push(line)
  return lines
}

/** A figure and its unit are one word, and so are two figures with × or ± between them. */
const wordsOf = (text: string) =>
  text
    .replace(/(\d) (?=(?:mm|cm|m|deg|g|kg)[²³]?(?!\w))/g, '$1\u00a0')
    .replace(/(\d) ([×±]) (?=\d)/g, '$1\u00a0$2\u00a0')
    .split(/[^\S\u00a0]+/)
    .filter((word) => word !== '')

function broken(word: string, widest: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of word) {
    if (piece !== '' && textWidth(piece + character) > widest) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}

/**
 * Who stands on the left and who on the right: by their anchors, but not nearly all on one side when there are many.
 * @returns numbers of the wishes, each once
 */
export function sides(wishes: readonly Wish[], middleX: number): { left: number[]; right: number[] } {
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a].anchorX - wishes[b].anchorX || a - b)
  const natural = order.filter((i) => wishes[i].anchorX < middleX).length
  const most = order.length < 4 ? order.length : Math.ceil(order.length * 0.6)
  const count = Math.max(order.length - most, Math.min(most, natural))
  return { left: order.slice(0, count), right: order.slice(count) }
}

/** The height that these need one below the other. */
export const stackHeight = (wishes: readonly Wish[], gap: number) =>
  wishes.reduce((sum, wish) => sum + wish.height + gap, wishes.length > 0 ? -gap : 0)

/**
 * Upper edges of a column of labels: none overlaps another, all lie between `top` and `bottom` (when they fit at
 * all), and together they are as near to their anchors as that allows (least squares: isotonic regression by pooling
 * adjacent violators, Barlow et al., Statistical Inference under Order Restrictions, 1972). Labels whose leader lines
 * would cross change places.
 * @param edgeX where the leader lines begin
 */
export function column(wishes: readonly Wish[], edgeX: number, top: number, bottom: number, gap: number): number[] {
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a].anchorY - wishes[b].anchorY || a - b)
  let tops = stacked(wishes, order, top, bottom, gap)
  // each exchange makes the lines shorter in sum, so this ends; the bound is for ties
  for (let round = 0; round < wishes.length; round++) {
    let changed = false
    for (let i = 0; i + 1 < order.length; i++) {
      const [a, b] = [order[i], order[i + 1]]
      if (!crossing(wishes[a], tops[a], wishes[b], tops[b], edgeX)) continue
      order[i] = b
      order[i + 1] = a
      tops = stacked(wishes, order, top, bottom, gap)
      changed = true
    }
    if (!changed) break
  }
  return tops
}

function stacked(wishes: readonly Wish[], order: readonly number[], top: number, bottom: number, gap: number) {
  // with the heights of those above taken off, "none overlaps" becomes "never decreasing"
  const blocks: { sum: number; count: number }[] = []
  const above: number[] = []
  let used = 0
  for (const i of order) {
    above.push(used)
    blocks.push({ sum: wishes[i].anchorY - wishes[i].height / 2 - used, count: 1 })
    used += wishes[i].height + gap
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]
      const before = blocks[blocks.length - 2]
      if (before.sum / before.count < last.sum / last.count) break
      blocks.pop()
      before.sum += last.sum
      before.count += last.count
    }
  }
  const lowest = bottom - (used - gap)
  const tops: number[] = Array.from({ length: wishes.length }, () => 0)
  let k = 0
  for (const { sum, count } of blocks) {
    const at = Math.max(top, Math.min(lowest, sum / count))
    for (let j = 0; j < count; j++, k++) tops[order[k]] = at + above[k]
  }
  return tops
}

/** Whether the lines from the labels' middles to their anchors cross. */
function crossing(a: Wish, topA: number, b: Wish, topB: number, edgeX: number): boolean {
  const yA = topA + a.height / 2
  const yB = topB + b.height / 2
  const side = (px: number, py: number, qx: number, qy: number, x: number, y: number) =>
    Math.sign((qx - px) * (y - py) - (qy - py) * (x - px))
  return (
    side(edgeX, yA, a.anchorX, a.anchorY, edgeX, yB) * side(edgeX, yA, a.anchorX, a.anchorY, b.anchorX, b.anchorY) <
      0 &&
    side(edgeX, yB, b.anchorX, b.anchorY, edgeX, yA) * side(edgeX, yB, b.anchorX, b.anchorY, a.anchorX, a.anchorY) < 0
  )
}
