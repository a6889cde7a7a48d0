import assert from 'node:assert/strict'

/** What must be in no line of a log: gathered on the way, then looked for. */
export function secretsIn(lines: readonly string[]) {
  const secrets = new Set<string>()
  const secret = (text: string) => {
    secrets.add(text)
    return text
  }

  function assertSilent() {
    const all = lines.join('').toLowerCase()
    for (const text of secrets) {
      assert.ok(text.length > 5, text)
      const at = all.indexOf(text.toLowerCase())
      assert.equal(at, -1, `the log has ${text}: …${all.slice(Math.max(0, at - 200), at + 100)}…`)
    }
  }

  return { secret, assertSilent }
}
