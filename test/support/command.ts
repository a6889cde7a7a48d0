import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/**
 * Runs `saudagar …` to its end, in a folder where no .env lies.
 * @param env all that it gets, but for the PATH
 * @param input what it reads on standard input
 */
export async function runCommand(args: string[], env: Record<string, string> = {}, input = '') {
  const child = spawn(process.execPath, [command, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {}) // it may end without having read it
  child.stdin.end(input)
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output, errors }
}
