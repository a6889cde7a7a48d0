#!/usr/bin/env node
// Starts the command on the Node that this package brings: the one on the PATH may be too old to run TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

// What is compiled is kept for the next time; by the variable, threads and child processes find it too.
const { XDG_CACHE_HOME, HOME } = process.env
const caches = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'))
if (caches) process.env.NODE_COMPILE_CACHE ??= join(caches, 'saudagar')

if (Number(process.versions.node.split('.')[0]) >= 24) {
  if (process.env.NODE_COMPILE_CACHE) module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import(main)
} else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(node)) {
    console.error(`Node ${process.versions.node} cannot run this, and npm brought no other: install Node 24 or later`)
    process.exit(1)
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // a terminal sends its signals to both; what is sent to this process alone is passed on
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
