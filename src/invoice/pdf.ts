import { buffer } from 'node:stream/consumers'
import PdfKit from 'pdfkit'
import type { InvoiceDocument } from '../engine/invoices/document.ts'
import type { Element, Item } from './flow.ts'
import { layOut, paper } from './layout.ts'
import { printable, typeset } from './typeset.ts'

/**
 * An invoice as a PDF of A4 pages, in Indonesian and English, tagged for those who have it read aloud. The same
 * document gives the same bytes.
 * @throws RangeError for a total that is negative or beyond 2^53 - 1, or a time zone that there is not
 */
export async function renderInvoice(document: InvoiceDocument): Promise<Buffer> {
  const pages = layOut(document, typeset)
  const pdf = new PdfKit({
    autoFirstPage: false,
    size: [paper.width, paper.height],
    margin: 0,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: 'id-ID',
    // the file's own id is made of these
    info: {
      Title: printable(`Faktur ${document.number}`),
      Author: printable(document.seller.name),
      Creator: 'Saudagar',
      CreationDate: document.issuedAt,
      ModDate: document.issuedAt,
    },
  })
  const bytes = buffer(pdf)
  const root = pdf.struct('Document')
  pdf.addStructure(root)
  const elementOf = structure(pdf, root)
  for (const items of pages) {
    pdf.addPage()
    for (const item of items) draw(pdf, item, elementOf)
  }
  root.end()
  pdf.end()
  return bytes
}

type Pdf = PDFKit.PDFDocument
type Structure = PDFKit.PDFStructureElement

function draw(pdf: Pdf, item: Item, elementOf: (element: NonNullable<Element>) => Structure) {
  if (item.kind !== 'text' || item.element === null) {
    pdf.markContent('Artifact')
    paint(pdf, item)
    pdf.endMarkedContent()
    return
  }
  const words = () => paint(pdf, item)
  elementOf(item.element).add(item.part.isEnglish ? pdf.struct('Span', { lang: 'en' }, [words]) : words)
}

function paint(pdf: Pdf, item: Item) {
  if (item.kind === 'rule') {
    pdf
      .moveTo(item.x, item.y)
      .lineTo(item.x + item.width, item.y)
      .lineWidth(item.weight)
      .stroke(item.color)
    return
  }
  if (item.kind === 'frame') {
    pdf.roundedRect(item.x, item.y, item.width, item.height, 4).lineWidth(1.2).stroke(item.color)
    return
  }
  let { x } = item
  pdf.fillColor(item.part.color).fontSize(item.part.face.size)
  for (const { text, font, width } of item.line.runs) {
    // pdfkit takes an opened font since 0.20, which its types do not know yet
    pdf.font(font as unknown as Buffer, font.postscriptName)
    pdf.text(text, x, item.baseline, { lineBreak: false, baseline: 'alphabetic' })
    x += width
  }
}

// known to pdfkit, and not yet to its types
const ofColumn: object = { scope: 'Column' }

/** The elements of a document in the order in which they are read: rows in one table, all else by itself. */
function structure(pdf: Pdf, root: Structure) {
  const elements = new Map<Element, Structure>()
  const rows = new Map<number, Structure>()
  let table: Structure | undefined
  const within = (parent: Structure, child: Structure) => {
    parent.add(child)
    return child
  }
  const rowOf = (row: number) => {
    table ??= within(root, pdf.struct('Table'))
    const known = rows.get(row) ?? within(table, pdf.struct('TR'))
    rows.set(row, known)
    return known
  }
  return (element: NonNullable<Element>) => {
    const { role, row } = element
    const known =
      elements.get(element) ?? within(row === null ? root : rowOf(row), pdf.struct(role, role === 'TH' ? ofColumn : {}))
    elements.set(element, known)
    return known
  }
}
