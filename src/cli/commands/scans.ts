import { type BodyPart, bodyParts, type LengthUnit, lengthUnits, type Side } from '@saudagar/geometry/names'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from './arguments.ts'

interface ScanOptions {
  part?: BodyPart
  side?: Side
  unit?: LengthUnit
  jaw?: 'open' | 'closed'
  maxVertices?: number
  json?: true
}

/** Body scans: measured, drawn, and what fits them made. */
export function scanCommands(program: Command): void {
  program.commandsGroup('Goods made to fit:')
  const scan = program.command('scan').description('measure a body scan, and make what fits it')

  onScan(
    scan.command('measure <file>').description('read a scan (PLY, OBJ, STL, GLB), judge it and measure it'),
  ).action(async (file: string, options: ScanOptions) => (await import('../scans.ts')).measureCommand(file, options))
  onScan(scan.command('picture <file>').description('draw a scan with its measurements'))
    .requiredOption('--out <png>', 'where the picture goes, into a folder that is there')
    .action(async (file: string, options: ScanOptions & { out: string }) =>
      (await import('../scans.ts')).pictureCommand(file, options),
    )
  onScan(scan.command('design <file>').description('make a product that fits a scan, and check that it does'))
    .requiredOption('--module <id>', 'forge-audio, forge-step, …')
    .requiredOption('--product <id>', 'one of the module’s products')
    .option('--option <name=value>', 'a customization or a parameter, as often as wanted', nameAndValue, {})
    .option('--module-package <name...>', 'further modules: npm packages or folders')
    .requiredOption('--out <folder>', 'where the files go; made when it is not there')
    .action(async (file: string, options: ScanOptions & Making) =>
      (await import('../scans.ts')).designCommand(file, options),
    )
  scan
    .command('definitions')
    .description('list what is measured, and what each name means')
    .addOption(new Option('--part <part>', 'of one part of the body only').choices(bodyParts))
    .option('--json', 'as JSON')
    .action(async (options: { part?: BodyPart; json?: true }) =>
      (await import('../scans.ts')).definitionsCommand(options),
    )
  scan
    .command('modules')
    .description('list modules with their products, customizations and parameters')
    .option('--module-package <name...>', 'further modules: npm packages or folders')
    .option('--json', 'as JSON')
    .action(async (options: { modulePackage?: string[]; json?: true }) =>
      (await import('../scans.ts')).modulesCommand(options),
    )
}

export interface Making {
  module: string
  product: string
  option: Record<string, string>
  modulePackage?: string[]
  out: string
}
export type { ScanOptions }

const onScan = (command: Command) =>
  command
    .addOption(new Option('--part <part>', 'what was scanned; found out without it').choices(bodyParts))
    .addOption(new Option('--side <side>', 'which side; found out without it').choices(['left', 'right']))
    .addOption(
      new Option('--unit <unit>', 'the file’s unit of length; found out without it').choices(Object.keys(lengthUnits)),
    )
    .addOption(new Option('--jaw <state>', 'an ear’s canal changes with it; carried along').choices(['open', 'closed']))
    .option(
      '--max-vertices <count>',
      'larger scans are refused: 5 million vertices and twice as many triangles without it',
      wholeNumber,
    )
    .option('--json', 'one JSON object instead of a table')

function nameAndValue(text: string, before: Record<string, string>) {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('name=value, such as vent=small')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
