/** Where a command speaks: the parts of `process` that it needs. */
export interface Terminal {
  stdout: { write(text: string): unknown }
  stderr: { write(text: string): unknown; isTTY?: boolean }
}

const width = 30
const redrawMs = 100

/** A line at the foot of the terminal that shows how far something is; nothing at all where nobody looks. */
export interface Progress {
  /** @param share done, 0 to 1; undefined when the whole is unknown */
  show(share: number | undefined, text: string): void
  /** Writes a line of output above the bar. */
  say(line: string): void
  end(): void
}

export function createProgress({ stdout, stderr }: Terminal, now: () => number = Date.now): Progress {
  const began = now()
  let drawnAt = -Infinity
  let isDrawn = false

  const erase = () => {
    if (isDrawn) stderr.write('\r\u001B[2K')
    isDrawn = false
  }

  return {
    show: (share, text) => {
      if (!stderr.isTTY || now() - drawnAt < redrawMs) return
      drawnAt = now()
      erase()
      stderr.write(share === undefined ? text : `${bar(share)} ${text}${left(share, drawnAt - began)}`)
      isDrawn = true
    },
    say: (line) => {
      erase()
      stdout.write(`${line}\n`)
      drawnAt = -Infinity
    },
    end: erase,
  }
}

function bar(share: number) {
  const full = Math.round(Math.min(share, 1) * width)
  return `[${'='.repeat(full)}${' '.repeat(width - full)}] ${String(Math.floor(share * 100)).padStart(3)} %`
}

const left = (share: number, elapsedMs: number) =>
  share > 0.02 && share < 1 ? `, ${Math.ceil((elapsedMs * (1 - share)) / share / 1000)} s left` : ''
