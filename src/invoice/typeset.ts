import bidiFactory from 'bidi-js'
import type { Bidi } from 'bidi-js'
import type { Font } from 'fontkit'
import { fontFor, mainFont, steering } from './fonts.ts'
import type { Weight } from './fonts.ts'

// the package is CommonJS, its types say it is not
const bidi = (bidiFactory as unknown as () => Bidi)()

/** A stretch of one font and one direction; its width in points. */
export interface Run {
  text: string
  font: Font
  width: number
}

export interface Line {
  /** in reading order */
  text: string
  /** as they stand on the page, from the left */
  runs: Run[]
  /** points, as are ascent and descent: what the line needs above and below its baseline */
  width: number
  ascent: number
  descent: number
}

export interface Face {
  size: number
  weight: Weight
}

/** Sets a text in lines no wider than `width` points, broken between words, within one that is wider than a line. */
export type Typesetter = (text: string, face: Face, width: number) => Line[]

/**
 * Text as it can be printed in a line: line breaks and tabs are spaces; control characters, invisible ones and those
 * that turn the direction of what follows are taken out, so that no name can reorder the price beside it; and no more
 * than four marks are stacked on a letter, so that none reaches over other lines.
 */
export const printable = (text: string) =>
  text
    .toWellFormed()
    .normalize('NFC')
    .replace(/(?!\u00a0)[\s\u0085\p{Z}]+/gu, ' ')
    .replace(/(?![\p{Join_Control}\u0600-\u0605\u06dd\u070f\u08e2\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}]/gu, '')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .trim()

export const typeset: Typesetter = (text, face, width) => {
  const clusters = clustersOf(printable(text), face)
  if (clusters.length === 0) return []
  const breaks = breakLines(clusters, width)
  return breaks.map(({ start, end }) => toLine(clusters.slice(start, end), face))
}

/** What is drawn as one: a letter with its marks, an emoji with its parts. */
interface Cluster extends Run {
  /** even reads to the right, odd to the left */
  level: number
  isShaped: boolean
}

const segmenter = new Intl.Segmenter('id', { granularity: 'grapheme' })

function clustersOf(text: string, face: Face): Cluster[] {
  const { levels } = bidi.getEmbeddingLevels(text)
  return [...segmenter.segment(text)].flatMap(({ segment, index }) => {
    const level = levels[index]!
    const char = level % 2 === 1 ? (bidi.getMirroredCharacter(segment) ?? segment) : segment
    return glyphsOf(char, mainFont(face.weight)).map(({ text, font, isShaped, em }) => ({
      text,
      font,
      isShaped,
      level,
      width: em * face.size,
    }))
  })
}

interface Glyphs {
  text: string
  font: Font
  isShaped: boolean
  /** by itself: what shaping makes of it among others differs by little */
  em: number
}

// texts come from strangers, so what is remembered of them has an end
function remembered<T>(find: (text: string, font: Font) => T) {
  const known = new Map<Font, Map<string, T>>()
  return (text: string, font: Font): T => {
    let ofFont = known.get(font)
    if (!ofFont || ofFont.size >= 5000) known.set(font, (ofFont = new Map()))
    let value = ofFont.get(text)
    if (value === undefined) ofFont.set(text, (value = find(text, font)))
    return value
  }
}

/** NaN where fontkit fails: at some marks of Arabic and Javanese, whose letter says nothing of where they go. */
const wordEms = remembered((word, font) => {
  try {
    return font.layout(word).advanceWidth / font.unitsPerEm
  } catch {
    return NaN
  }
})

// word by word, as pdfkit shapes what it prints
const emsOf = (text: string, font: Font) => text.split(/(?<= )/u).reduce((sum, word) => sum + wordEms(word, font), 0)

const canSet = (text: string, font: Font) => !Number.isNaN(emsOf(text, font))

const glyphsOf = remembered((cluster, main): Glyphs[] => {
  const glyphs = (text: string, font: Font) => ({
    text,
    font,
    // of the scripts that share a font the one whose letters change places: a run is shaped as one script
    isShaped: /\p{Script=Devanagari}/u.test(text),
    em: emsOf(text, font),
  })
  const font = fontFor(cluster, main, canSet)
  if (font) return [glyphs(cluster, font)]
  return Array.from(cluster.replace(steering, ''), (char) => {
    const font = fontFor(char, main, canSet)
    // what no font has stays to be seen as something that cannot be printed
    return font ? glyphs(char, font) : glyphs('\ufffd', main)
  })
})

/** Fills line after line with words; a word that no line holds is broken where the line ends. */
function breakLines(clusters: Cluster[], width: number): { start: number; end: number }[] {
  const lines: { start: number; end: number }[] = []
  let start = 0
  let used = 0
  let space = -1
  for (let i = 0; i < clusters.length; i++) {
    const cluster = clusters[i]!
    used += cluster.width
    if (cluster.text === ' ') {
      space = i
    } else if (used > width && i > start) {
      const end = space > start ? space : i
      lines.push({ start, end })
      start = space > start ? space + 1 : i
      space = -1
      used = clusters.slice(start, i + 1).reduce((sum, { width }) => sum + width, 0)
    }
  }
  lines.push({ start, end: clusters.length })
  return lines
}

function toLine(clusters: Cluster[], { size, weight }: Face): Line {
  const stretches: Cluster[][] = []
  for (const cluster of clusters) {
    const [last] = stretches.at(-1) ?? []
    const goesOn =
      last && last.font === cluster.font && last.level === cluster.level && last.isShaped === cluster.isShaped
    if (goesOn) stretches.at(-1)!.push(cluster)
    else stretches.push([cluster])
  }
  const runs = stretches.flatMap((stretch) => {
    const run = toRun(stretch, size)
    // what fontkit cannot set together it can set one by one
    return Number.isNaN(run.width) ? stretch.map((cluster) => toRun([cluster], size)) : [run]
  })
  const fonts = [mainFont(weight), ...runs.map(({ font }) => font)]
  return {
    text: joined(clusters),
    runs: inVisualOrder(runs),
    width: runs.reduce((sum, { width }) => sum + width, 0),
    ascent: Math.max(...fonts.map((font) => font.ascent / font.unitsPerEm)) * size,
    descent: Math.max(...fonts.map((font) => -font.descent / font.unitsPerEm)) * size,
  }
}

function toRun(stretch: Cluster[], size: number) {
  const { font, level } = stretch[0]!
  const isTurnedHere = level % 2 === 1 && !isTurnedByFont(joined(stretch), font)
  const text = joined(isTurnedHere ? stretch.toReversed() : stretch)
  return { text, font, level, width: emsOf(text, font) * size }
}

const joined = (clusters: Cluster[]) => clusters.map(({ text }) => text).join('')

// fontkit turns letters that are read from the right, but only in a font that has rules of shaping
const isTurnedByFont = (text: string, font: Font) =>
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(text) &&
  font.availableFeatures.length > 0

/** Rule L2 of the Unicode Bidirectional Algorithm (UAX #9): from the highest level down, what is at it or above turns. */
function inVisualOrder<T extends { level: number }>(runs: T[]): T[] {
  const ordered = [...runs]
  for (let level = Math.max(...runs.map((run) => run.level)); level > 0; level--) {
    let end = 0
    for (let start = 0; start < ordered.length; start = end + 1) {
      end = start
      while (end < ordered.length && ordered[end]!.level >= level) end++
      ordered.splice(start, end - start, ...ordered.slice(start, end).toReversed())
    }
  }
  return ordered
}
