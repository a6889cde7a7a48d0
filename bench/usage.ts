import { readFileSync, readdirSync } from 'node:fs'

/** What a process has used since its start, as Linux counts it; undefined where there is no /proc. */
const ticksPerSecond = 100

interface Stat {
  parent: number
  /** CPU seconds of the process, user and system */
  own: number
  /** those of its children that have ended */
  gone: number
}

function statOf(pid: number): Stat | undefined {
  try {
    // the name stands in parentheses and may hold anything, so fields are counted from behind it
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const seconds = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / ticksPerSecond
    return { parent: Number(fields[1]), own: seconds(11), gone: seconds(13) }
  } catch {
    return undefined
  }
}

export const cpuOf = (pid: number) => statOf(pid)?.own ?? Number.NaN

/** CPU seconds of a process with all its children, those that have ended too: of a whole PostgreSQL. */
export function cpuOfFamily(pid: number): number {
  const head = statOf(pid)
  if (!head) return Number.NaN
  let sum = head.own + head.gone
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const child = statOf(Number(name))
    if (child?.parent === pid) sum += child.own
  }
  return sum
}

export const parentOf = (pid: number) => statOf(pid)?.parent ?? 0

/** Memory that a process holds in RAM, MB. */
export function memoryOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}

export function ownCpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
