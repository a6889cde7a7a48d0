import type { TestContext } from 'node:test'

/** What a command prints. */
export async function said(t: TestContext, work: () => Promise<unknown>): Promise<string> {
  let text = ''
  const real = process.stdout.write.bind(process.stdout)
  const write = t.mock.method(process.stdout, 'write', (chunk: string | Uint8Array) => {
    if (typeof chunk !== 'string') return real(chunk) // how the test's own results travel
    text += chunk
    return true
  })
  try {
    await work()
  } finally {
    write.mock.restore()
  }
  return text
}
