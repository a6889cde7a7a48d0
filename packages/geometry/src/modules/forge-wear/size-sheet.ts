import { definitions } from '../../measure/body/definitions.ts'
import type { Definition } from '../../measure/measurement.ts'
import { GeometryRefusal } from '../../refusal.ts'
import type { DesignInput, GeneratedSheets } from '../module.ts'
import { refusedFor } from '../refused.ts'
import { type Chart, type ChartId, charts, nearestSize } from './charts.ts'
import { type Garment, type GarmentId, garments } from './garments.ts'

/** A measurement below this confidence is written down with a warning. */
const sure = 0.6
/** One below this is as good as absent. */
const known = 0.35

interface SheetLine {
  measurement: string
  bodyMm: number
  easeMm: number
  garmentMm: number
  confidence: number
  definition: string
  remark: string
}

/**
 * A made-to-measure size sheet for one garment: what the body measures, what the garment is cut to, the nearest
 * standard size, and what the scan does not tell, with the reason.
 * @throws GeometryRefusal DESIGN_NOT_SUPPORTED without the measurement that the garment is sized by
 */
export function sizeSheet(input: DesignInput): GeneratedSheets {
  const { choices } = input
  const garment: Garment = garments[choices.garment as GarmentId]
  const chartId = choices.chart === 'by-garment' ? garment.chart : (choices.chart as ChartId)
  const chart: Chart = charts[chartId]
  const { measurement, series } = garment.primary
  const primary = primaryOf(input, garment)
  const lines = garment.lines.flatMap((line) => sheetLine(input, line))
  const absent = garment.lines
    .filter((line) => !lines.some((found) => found.measurement === line.measurement))
    .map((line) => ({ measurement: line.measurement, why: reason(input, line.measurement) }))
  const size = nearestSize(chart[series], primary.value, input.parameters.knownMm)
  const sheet = {
    garment: garment.name,
    fit: choices.fit,
    unit: 'mm',
    lines,
    nearestSize: size
      ? { by: measurement, ...size, offMm: round(size.offMm), label: labelOf(size) }
      : { by: measurement, label: null, why: `${round(primary.value)} mm lie beyond the sizes of the chart` },
    chart: { id: chartId, name: chart.name, source: chart.source },
    absent,
  }
  return {
    body: null,
    sheets: [
      { name: 'size-sheet.json', text: `${JSON.stringify(sheet, null, 2)}\n` },
      { name: 'size-sheet.csv', text: csvOf(lines, absent) },
    ],
    notes: [
      size
        ? `nearest standard size: ${labelOf(size)} (${chart.name}, by ${measurement})`
        : 'no standard size comes near',
      ...absent.map((one) => `${one.measurement} is absent: ${one.why}`),
      'ease is where a shop starts from: cloth and cut decide',
    ],
  }
}

/** What a body lacks for every garment there is. */
export function missingSizes(input: DesignInput): string[] {
  const lacking = Object.values(garments).map((garment) => refusedFor(() => primaryOf(input, garment)))
  return lacking.every((why) => why.length > 0) ? [...new Set(lacking.flat())] : []
}

/** @throws GeometryRefusal DESIGN_NOT_SUPPORTED without the measurement that the garment is sized by */
function primaryOf(input: DesignInput, garment: Garment) {
  const { measurement } = garment.primary
  const primary = input.measurements[measurement]
  if (primary && primary.confidence >= known) return primary
  const why = primary
    ? `it is known too roughly (confidence ${primary.confidence.toFixed(2)})`
    : reason(input, measurement)
  throw new GeometryRefusal(
    'DESIGN_NOT_SUPPORTED',
    `a ${garment.name.toLowerCase()} is sized by ${measurement}, and ${why}`,
    { missing: [measurement] },
  )
}

function sheetLine(
  { measurements, parameters }: DesignInput,
  { measurement, ease, cut }: Garment['lines'][number],
): SheetLine[] {
  const found = measurements[measurement]
  if (!found || found.confidence < known) return []
  const easeMm = (ease ? parameters[ease] : 0) + (cut ? parameters.designEaseMm : 0)
  return [
    {
      measurement,
      bodyMm: round(found.value),
      easeMm,
      garmentMm: round(found.value + easeMm),
      confidence: Math.round(found.confidence * 100) / 100,
      definition: (definitions as Record<string, Definition>)[measurement]?.definition ?? '',
      remark: found.confidence < sure ? 'known roughly: measure again by hand' : '',
    },
  ]
}

const reason = ({ absent, measurements }: DesignInput, name: string) =>
  measurements[name] ? 'it is known too roughly' : (absent?.[name] ?? 'it was not measured')

const labelOf = ({ sizeCm, letter, orCm }: { sizeCm: number; letter: string | null; orCm: number | null }) =>
  `${sizeCm}${letter ? ` (${letter})` : ''}${orCm ? ` or ${orCm}` : ''}`

/** To a tenth of a millimetre: finer than any tape. */
const round = (mm: number) => Math.round(mm * 10) / 10

/** A table for people and spreadsheets (RFC 4180). */
function csvOf(lines: readonly SheetLine[], absent: readonly { measurement: string; why: string }[]): string {
  const rows = [
    ['measurement', 'body_mm', 'ease_mm', 'garment_mm', 'confidence', 'remark'],
    ...lines.map((line) => [
      line.measurement,
      line.bodyMm.toFixed(1),
      line.easeMm.toFixed(1),
      line.garmentMm.toFixed(1),
      line.confidence.toFixed(2),
      line.remark,
    ]),
    ...absent.map(({ measurement, why }) => [measurement, '', '', '', '', `absent: ${why}`]),
  ]
  return `${rows.map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
