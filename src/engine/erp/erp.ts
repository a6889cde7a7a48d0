/** What the engine asks of an ERP. One object serves one store. Every id is the ERP's own; none of ours goes there but a reference. */
export interface Erp {
  readonly name: string
  /** Whether a webhook that brings this secret is the ERP's. What it says is a hint: the ERP is then read. */
  isHint(secret: string): boolean
  /**
   * Variants that changed, oldest change first: prices, names, whether they are sold.
   * @param since inclusive: what changed within that very moment comes again, and the caller knows it by its change
   * @param after the last one of the page before, for the next page
   */
  changedVariants(since: Date, after: Cursor | null, limit: number): Promise<ErpVariant[]>
  /** What lies in the warehouse, and of that what the ERP itself has promised to others, of these variants. */
  stockOf(variantIds: readonly number[]): Promise<ErpStock[]>
  /** Which variants' stock changed. Same paging as `changedVariants`. */
  changedStock(since: Date, after: Cursor | null, limit: number): Promise<(Cursor & { variantId: number })[]>
  /** Finds or makes the partner of a customer, and the user that may sign in there. */
  ensurePartner(person: ErpPerson): Promise<{ partnerId: number; userId: number }>
  /** Finds an order by our reference. */
  findOrder(reference: string): Promise<ErpOrder | null>
  createOrder(order: NewErpOrder): Promise<ErpOrder>
  /** Makes a quotation an order; one that is confirmed already stays so. */
  confirmOrder(id: number): Promise<void>
  cancelOrder(id: number): Promise<void>
  /** Orders with one of these states that changed, for what staff does there. Same paging as `changedVariants`. */
  changedOrders(since: Date, after: Cursor | null, limit: number): Promise<(ErpOrder & Cursor)[]>
}

/** Where one is in a list sorted by time of change, then id. */
export interface Cursor {
  id: number
  changedAt: Date
}

export interface ErpVariant extends Cursor {
  /** of the product that it is a variant of */
  productId: number
  name: string
  sku: string | null
  barcode: string | null
  /** in whole units and decimals of the store's currency, as the ERP prints it: 3500000 or "3500000.0" */
  price: number
  weightKg: number
  isActive: boolean
  isStorable: boolean
  /** the path of its category from the top, as ["Furniture", "Tables"] */
  category: string[]
  /** what sets it apart from its siblings: { Color: "Natural" } */
  options: Record<string, string>
}

export interface ErpStock {
  variantId: number
  onHand: number
  reserved: number
}

export interface ErpPerson {
  /** ours: the partner's `ref`, by which it is found again */
  reference: string
  name: string
  email: string | null
  phone: string | null
}

export interface NewErpOrder {
  /** our order number: `client_order_ref` */
  reference: string
  partnerId: number
  orderedAt: Date
  lines: { variantId: number; quantity: number; unitPrice: number; name: string }[]
  /** shipping and discounts, as lines without a product */
  extras: { name: string; price: number }[]
  note: string | null
}

export interface ErpOrder {
  id: number
  /** as the ERP numbers it: "S00042" */
  name: string
  reference: string
  state: 'draft' | 'sent' | 'sale' | 'cancel'
  /** of its delivery, as far as staff has gone: null without one */
  delivery: { state: 'waiting' | 'ready' | 'done' | 'cancel'; trackingNumber: string | null } | null
}

/** `unavailable`: nobody knows whether it did; `refused`: it said no, and will again. */
export class ErpError extends Error {
  readonly kind: 'unavailable' | 'refused'
  constructor(kind: ErpError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
