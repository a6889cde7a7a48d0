import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * For tests: admesh (a Debian package) reads STL files and knows nothing of ours. Where it is not installed, tests that
 * need it are skipped and say so; .ci/run installs it.
 */
export const withoutAdmesh = spawnSync('admesh', ['--version']).error ? 'admesh is not installed' : false

const flaws = [
  'Total disconnected facets',
  'Degenerate facets',
  'Edges fixed',
  'Facets removed',
  'Facets added',
  'Facets reversed',
  'Backwards edges',
  'Normals fixed',
]

/** Has admesh read a file and finds nothing that it would repair, and one part. @returns how many facets it read */
export function assertSound(stl: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'saudagar-stl-'))
  try {
    writeFileSync(join(folder, 'a.stl'), stl)
    const { stdout, status } = spawnSync('admesh', [join(folder, 'a.stl')], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    // disconnected facets stand in two columns: as read, and after its repairs
    const count = (name: string) => {
      const found = new RegExp(`${name} *: *(\\d+)(?: +(\\d+))?`).exec(stdout)
      assert.ok(found, `${name} is not in\n${stdout}`)
      return found.slice(1).map((number) => Number(number ?? 0))
    }
    for (const flaw of flaws) assert.deepEqual(count(flaw), [0, 0], `${flaw} in\n${stdout}`)
    assert.equal(count('Number of parts')[0], 1)
    return count('Number of facets')[0]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
