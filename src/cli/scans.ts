import { access, constants, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type BodyPart,
  bodyParts,
  choose,
  defaultLimits,
  GeometryRefusal,
  type Job,
  type Limits,
  measurers,
  moduleOf,
  modulesOf,
  type Outcome,
  productOf,
  runJob,
  type ScanSummary,
  type DesignReport,
} from '@saudagar/geometry'
import type { Making, ScanOptions } from './commands/scans.ts'
import { createProgress } from './progress.ts'
import { say, UsageError } from './usage.ts'

export async function measureCommand(file: string, options: ScanOptions): Promise<void> {
  await run(
    options,
    async () => ({ kind: 'measure', refusePoor: true, files: false, ...(await onScan(file, options)) }),
    ({ summary }) => {
      if (options.json) say(JSON.stringify(summary))
      else sayMeasured(summary)
    },
  )
}

export async function pictureCommand(file: string, options: ScanOptions & { out: string }): Promise<void> {
  const job = async (): Promise<Job> => {
    const scan = await onScan(file, options)
    await refuseOut(options.out, () => canBeWritten(options.out))
    return { kind: 'picture', ...scan }
  }
  await run(options, job, async ({ summary, files }) => {
    await refuseOut(options.out, () => writeFile(options.out, files['picture.png'] ?? new Uint8Array()))
    if (options.json) say(JSON.stringify({ picture: options.out, bodyPart: summary.bodyPart, side: summary.side }))
    else say(`${options.out} shows the ${[summary.side, part(summary)].filter(Boolean).join(' ')}`)
  })
}

export async function designCommand(file: string, options: ScanOptions & Making): Promise<void> {
  const job = async (): Promise<Job> => {
    const modulePackages = options.modulePackage?.map(moduleUrl)
    const module = moduleOf(options.module, await modulesOf(modulePackages))
    choose(module, productOf(module, options.product), options.option)
    const scan = await onScan(file, options)
    await refuseOut(options.out, async () => {
      await mkdir(options.out, { recursive: true })
      await access(options.out, constants.W_OK)
    })
    return {
      kind: 'design',
      moduleId: options.module,
      productId: options.product,
      options: options.option,
      modulePackages,
      ...scan,
    }
  }
  await run(options, job, async ({ report, files }) => {
    await refuseOut(options.out, async () => {
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(options.out, name), bytes)
    })
    if (options.json) say(JSON.stringify(report))
    else if (report) sayDesigned(report, options.out, Object.keys(files))
  })
}

export function definitionsCommand({ part, json }: { part?: BodyPart; json?: true }): void {
  const parts = part ? [part] : bodyParts
  const all = Object.fromEntries(parts.map((name) => [name, measurers[name].definitions]))
  if (json) {
    say(JSON.stringify(all))
    return
  }
  for (const [name, definitions] of Object.entries(all)) {
    say(name.replace('_', ' '))
    for (const [measurement, { unit, definition, source }] of Object.entries(definitions)) {
      say(`  ${measurement} (${unit}): ${definition}\n    ${source}`)
    }
  }
}

export async function modulesCommand(options: { modulePackage?: string[]; json?: true }): Promise<void> {
  const modules = await modulesOf(options.modulePackage?.map(moduleUrl)).catch((error: unknown) => {
    // a package without a module: whoever typed its name is told so
    throw error instanceof GeometryRefusal ? new UsageError(error.message) : error
  })
  if (options.json) {
    say(JSON.stringify(modules))
    return
  }
  for (const module of modules) {
    say(`${module.id} ${module.version}: ${module.description} (${module.bodyPart})`)
    for (const product of module.products) {
      say(`  ${product.id}: ${product.name}, ${product.currency} ${(product.basePriceMinor / 100).toFixed(2)}`)
      for (const [name, { value, unit, least, most, about }] of Object.entries(product.parameters.values)) {
        say(`    ${name}=${value} ${unit} (${least} to ${most}): ${about}`)
      }
    }
    for (const customization of module.customizations) {
      const values =
        customization.type === 'select' ? customization.options.map(({ id }) => id).join('|') : customization.pattern
      say(`  ${customization.id}=${values}: ${customization.about}`)
    }
  }
}

/** Where a package or folder named on the command line has its module. */
function moduleUrl(name: string): string {
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href
  } catch {
    throw new UsageError(`${name} is no package that is installed here, nor a folder with one`)
  }
}

async function onScan(file: string, { part, side, unit, jaw, maxVertices }: ScanOptions) {
  const limits = limitsOf(maxVertices)
  const bytes = await scanBytes(file, limits.maxBytes).catch((error: unknown) => {
    if (error instanceof GeometryRefusal) throw error
    const why = reasonOf(error)
    throw new GeometryRefusal('SCAN_UNREADABLE', `${file} cannot be read: ${why}`, { format: 'file', at: file, why })
  })
  return { bytes, scan: { part, side, unit, jaw, limits } }
}

/** A closed surface has twice as many triangles as vertices, and so have the limits. */
const limitsOf = (maxVertices = defaultLimits.maxVertices): Limits => ({
  ...defaultLimits,
  maxVertices,
  maxTriangles: 2 * maxVertices,
})

/** The bytes of a file that has been looked at first: not too many of them, and a file that ends. */
async function scanBytes(file: string, maxBytes: number): Promise<Uint8Array> {
  const found = await stat(file)
  if (found.isDirectory()) throw new Error(reasons['EISDIR'])
  if (!found.isFile()) throw new Error('it is no regular file')
  if (found.size > maxBytes) {
    throw new GeometryRefusal('SCAN_TOO_LARGE', `${file} has ${found.size} bytes; at most ${maxBytes} are taken`, {
      what: 'bytes',
      found: found.size,
      limit: maxBytes,
    })
  }
  return readFile(file)
}

/** Where the results of a command should go they cannot: found out before the work, as far as that can be. */
class OutRefusal extends Error {
  readonly code = 'OUT_NOT_WRITABLE'
  readonly details: { out: string; why: string }
  constructor(out: string, why: string) {
    super(`${out} cannot be written: ${why}`)
    this.details = { out, why }
  }
}

/** @throws OutRefusal for what the file system says no to */
async function refuseOut(out: string, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    throw new OutRefusal(out, reasonOf(error))
  }
}

/** Whether a file can be made here, or be written over. */
async function canBeWritten(file: string) {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
  if (found?.isDirectory()) throw new Error(reasons['EISDIR'])
  await access(found ? file : dirname(file), constants.W_OK)
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of its path is a file and no folder',
  EACCES: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

/** What a file error says, for people. */
function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  return reasons[code] ?? message
}

/** Runs a job, with a progress line on a terminal; a refusal ends the command with 2. */
async function run(
  options: ScanOptions,
  prepare: () => Promise<Job>,
  done: (outcome: Outcome) => void | Promise<void>,
) {
  const line = createProgress(process)
  try {
    const outcome = await runJob(await prepare(), (step, share) => line.show(share, step.replaceAll('_', ' ')))
    line.end()
    await done(outcome)
  } catch (error) {
    line.end()
    if (!(error instanceof GeometryRefusal || error instanceof OutRefusal)) throw error
    process.exitCode = 2
    const { code, message, details } = error
    if (options.json) say(JSON.stringify({ error: { code, message, details } }))
    else process.stderr.write(`saudagar: ${message} (${code})\n`)
  }
}

const part = ({ bodyPart }: { bodyPart: string }) => bodyPart.replace('_', ' ')
const percent = (share: number) => `${Math.round(share * 100)} %`

function sayMeasured(found: ScanSummary) {
  const whose = [found.side, part(found)].filter(Boolean).join(' ')
  say(
    `${whose} (${percent(found.bodyPartConfidence)} sure${found.side ? `, side ${percent(found.sideConfidence)}` : ''})`,
  )
  say(`${found.vertices} points, ${found.faces} triangles, in ${found.unit} (${percent(found.unitConfidence)} sure)`)
  say(
    `quality ${found.quality.score.toFixed(2)}${found.quality.issues.map(({ message }) => `\n  ${message}`).join('')}`,
  )
  const rows = Object.entries(found.measurements)
  const widest = Math.max(0, ...rows.map(([name]) => name.length))
  for (const [name, { value, unit, confidence }] of rows) {
    say(
      `  ${name.padEnd(widest)}  ${value.toFixed(unit === 'ratio' ? 3 : 2).padStart(9)} ${unit.padEnd(5)}  ${percent(confidence)}`,
    )
  }
  // a canal that is not seen lacks twenty figures for one reason
  const absent = Map.groupBy(Object.entries(found.absent), ([, why]) => why)
  for (const [why, names] of absent) say(`  absent: ${names.map(([name]) => name).join(', ')}\n    ${why}`)
}

function sayDesigned(report: DesignReport, folder: string, files: string[]) {
  say(
    `${report.moduleId} ${report.productId}: ${report.triangles} triangles, ${report.volumeMm3.toFixed(0)} mm³, genus ${report.genus}`,
  )
  if (report.contact) {
    const { p50, p95, max } = report.contact
    say(
      `  contact ${p50.toFixed(3)} mm (half), ${p95.toFixed(3)} mm (95 %), ${max.toFixed(3)} mm (all); meant: ${report.intendedOffsetMm} mm`,
    )
  }
  say(
    `  wall at least ${report.minWallMm.toFixed(2)} mm${report.ventDiameterMm === null ? '' : `, vent ${report.ventDiameterMm.toFixed(2)} mm`}`,
  )
  for (const note of report.notes) say(`  ${note}`)
  say(`  ${files.map((name) => join(folder, name)).join(', ')}`)
}
