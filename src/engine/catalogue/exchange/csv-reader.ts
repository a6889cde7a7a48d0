import { decodeUtf8 } from './utf8.ts'

/** One record, with the line of the file on which it begins, counted from 1. */
export interface CsvRow {
  line: number
  cells: string[]
}

/** A line that is no CSV. What follows it was read on from the next line. */
export interface CsvFault {
  line: number
  fault: string
}

/** Characters of a record at most: an unclosed quote must not collect the rest of the file in memory. */
const maxRecord = 1_000_000

/**
 * Reads CSV as RFC 4180 has it, with any line ends and with rows that may be shorter than the first. Empty lines are
 * passed over.
 *
 * Written here because a stray quote costs one line with it: csv-parse, told to skip bad records, stays inside the
 * quote and drops every good row up to the next one, silently. The tests hold it to read what csv-parse reads.
 */
export async function* readCsv(source: AsyncIterable<Uint8Array>): AsyncGenerator<CsvRow | CsvFault> {
  const take = createReader()
  for await (const piece of decodeUtf8(source)) yield* take(piece, false)
  yield* take('', true)
}

function createReader() {
  let text = ''
  let line = 1
  let width = 0
  let isSkipping = false

  return function* take(piece: string, isLast: boolean): Generator<CsvRow | CsvFault> {
    text += piece
    let at = 0
    while (at < text.length) {
      if (isSkipping) {
        const next = nextLine(text, at, isLast)
        if (next === undefined) {
          at = text.endsWith('\r') ? text.length - 1 : text.length
          break
        }
        isSkipping = false
        at = next
        line++
        continue
      }
      const long = text.length - at > maxRecord
      const record =
        readRecord(text, at, isLast) ??
        (long ? { fault: 'a quote is not closed, or the line is endless', from: at } : undefined)
      if (!record) break
      const isTooWide = 'cells' in record && width > 0 && record.cells.length > width
      if ('fault' in record || isTooWide) {
        const fault =
          'fault' in record ? record.fault : `${record.cells.length} cells, where the first line has ${width}`
        yield { line, fault }
        // all before the faulty cell was sound, so its line is where the harm ends
        const from = 'fault' in record ? record.from : at
        line += lineEnds(text, at, from)
        at = from
        isSkipping = true
        continue
      }
      if (record.cells.length > 1 || record.cells[0] !== '') {
        yield { line, cells: record.cells }
        width ||= record.cells.length
      }
      line += lineEnds(text, at, record.next)
      at = record.next
    }
    text = text.slice(at)
  }
}

type Parsed = { cells: string[]; next: number } | { fault: string; from: number }

/** The record that begins at `start`; undefined when it may go on beyond the text. */
function readRecord(text: string, start: number, isLast: boolean): Parsed | undefined {
  const cells: string[] = []
  for (let at = start; ; at++) {
    const from = at
    if (text[from] === '"') {
      const close = closingQuote(text, from + 1)
      if (close < 0) return isLast ? { fault: 'a quote is not closed', from } : undefined
      cells.push(text.slice(from + 1, close).replaceAll('""', '"'))
      at = close + 1
    } else {
      at = endOfCell(text, from)
      cells.push(text.slice(from, at))
    }
    if (at === text.length) {
      if (!isLast) return undefined
    } else if (!isEnd(text.charCodeAt(at))) {
      const fault =
        text[at] === '"' ? 'a quote inside a cell that does not begin with one' : 'text after a closing quote'
      return { fault, from }
    }
    if (text[at] === ',') continue
    const next = nextLine(text, at, isLast)
    return next === undefined ? undefined : { cells, next }
  }
}

function closingQuote(text: string, from: number) {
  for (;;) {
    const at = text.indexOf('"', from)
    if (at < 0 || text[at + 1] !== '"') return at
    from = at + 2
  }
}

const comma = 44
const lf = 10
const cr = 13
const quote = 34

const isEnd = (code: number) => code === comma || code === lf || code === cr

function endOfCell(text: string, at: number) {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isEnd(code) || code === quote) break
  }
  return at
}

/** Where the line after this one begins; undefined when that is not known yet. */
function nextLine(text: string, at: number, isLast: boolean) {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === lf) return at + 1
    if (code !== cr) continue
    if (at + 1 < text.length) return text.charCodeAt(at + 1) === lf ? at + 2 : at + 1
    break
  }
  return isLast ? text.length : undefined
}

/** Line ends in a part of the text that ends at none or after a whole one. */
function lineEnds(text: string, from: number, to: number) {
  let count = 0
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code === lf || (code === cr && text.charCodeAt(at + 1) !== lf)) count++
  }
  return count
}
