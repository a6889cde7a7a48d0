import type { Face, Line, Typesetter } from './typeset.ts'

/** A piece of text that begins a line of its own. Lengths in points. */
export interface Part {
  text: string
  face: Face
  color: string
  /** said aloud in English, not in the document's own Indonesian */
  isEnglish?: boolean
  above?: number
}

/** A column of parts. */
export interface Cell {
  x: number
  width: number
  align: 'left' | 'right'
  role: Role
  parts: Part[]
}

export type Role = 'H1' | 'P' | 'TH' | 'TD'

/** What belongs together when the page is read aloud: all lines of a cell; null is what is not read, as a footer. */
export type Element = { role: Role; row: number | null } | null

export type Item =
  | { kind: 'text'; x: number; baseline: number; line: Line; part: Part; element: Element }
  | { kind: 'rule'; x: number; y: number; width: number; weight: number; color: string }
  | { kind: 'frame'; x: number; y: number; width: number; height: number; color: string }

export interface Area {
  left: number
  right: number
  top: number
  bottom: number
}

export interface Flow {
  space: (height: number) => void
  /** a line across the area, or from an x of it to its right */
  rule: (color: string, weight: number, x?: number) => void
  /**
   * Cells side by side. What a page can hold stands on one; what is higher goes on, line by line, on the next.
   * @param row of a table, counted from its head, when the cells are one
   */
  place: (cells: Cell[], row?: number) => void
  /** A framed cell beside what follows, which begins as high as it does. */
  hang: (cell: Cell, color: string) => void
  /** Draws a head here and again on every page that begins, until `repeat(null)`. */
  repeat: (head: ((page: Flow) => void) | null) => void
  /** Draws something on one page, if any page can hold it. */
  together: (drawAll: (page: Flow) => void) => void
  /** Ends the flow. @param footer draws beneath the area of each page */
  finish: (footer: (page: Flow, number: number, count: number) => void) => Item[][]
}

/** Stacks cells and rules from the top of an area downwards and goes on to another page where it ends. */
export const createFlow = (area: Area, typeset: Typesetter): Flow => start(area, typeset).flow

function start(area: Area, typeset: Typesetter, isReadAloud = true) {
  const pages: Item[][] = [[]]
  // where a new page begins, beneath the head if there is one
  let { top } = area
  let y = top
  let head: ((page: Flow) => void) | null = null

  const draw = (item: Item) => pages.at(-1)!.push(item)

  const heightOf = (drawAll: (page: Flow) => void) => {
    const trial = start({ ...area, bottom: Infinity }, typeset)
    drawAll(trial.flow)
    return trial.height()
  }

  const linesOf = ({ parts, width }: Cell) =>
    parts.flatMap((part) =>
      typeset(part.text, part.face, width).map((line, i) => {
        const above = i === 0 ? (part.above ?? 0) : 0
        return { line, part, above, height: above + line.ascent + line.descent }
      }),
    )

  const breakPage = () => {
    pages.push([])
    y = area.top
    if (!head) return
    // read aloud once, where it stood first
    isReadAloud = false
    head(flow)
    isReadAloud = true
  }

  const reserve = (height: number) => {
    if (y + height > area.bottom && top + height <= area.bottom) breakPage()
  }

  const flow: Flow = {
    space: (height) => {
      y += height
    },

    rule: (color, weight, x = area.left) => draw({ kind: 'rule', x, y, width: area.right - x, weight, color }),

    place: (cells, row) => {
      let columns = cells.map((cell) => ({
        cell,
        lines: linesOf(cell),
        element: isReadAloud ? { role: cell.role, row: row ?? null } : null,
      }))
      reserve(Math.max(...columns.map(({ lines }) => lines.reduce((sum, { height }) => sum + height, 0))))
      for (;;) {
        const from = y
        for (const { cell, lines, element } of columns) {
          let end = from
          for (let next = lines[0]; next; next = lines[0]) {
            const { line, part, above, height } = next
            // a line that is higher than a page is printed over its end: there is no better place for it
            if (end + height > area.bottom && end > top) break
            const x = cell.align === 'right' ? cell.x + cell.width - line.width : cell.x
            draw({ kind: 'text', x, baseline: end + above + line.ascent, line, part, element })
            end += height
            lines.shift()
          }
          y = Math.max(y, end)
        }
        columns = columns.filter(({ lines }) => lines.length > 0)
        if (columns.length === 0) return
        breakPage()
      }
    },

    hang: (cell, color) => {
      const height = heightOf((page) => page.place([cell])) + 14
      reserve(height)
      draw({ kind: 'frame', x: cell.x - 11, y, width: cell.width + 22, height, color })
      y += 7
      flow.place([cell])
      y += 7 - height
    },

    repeat: (drawHead) => {
      head = drawHead
      top = area.top + (drawHead ? heightOf(drawHead) : 0)
      drawHead?.(flow)
    },

    together: (drawAll) => {
      reserve(heightOf(drawAll))
      drawAll(flow)
    },

    finish: (footer) =>
      pages.map((items, index) => {
        const beneath = start({ ...area, top: area.bottom, bottom: Infinity }, typeset, false)
        footer(beneath.flow, index + 1, pages.length)
        return [...items, ...beneath.items()]
      }),
  }
  return { flow, height: () => y - area.top, items: () => pages.flat() }
}
