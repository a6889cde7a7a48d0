import { Type } from 'typebox'
import type { Static } from 'typebox'

const Text = Type.String({ minLength: 1, maxLength: 200 })
const TextOrNull = Type.Union([Text, Type.Null()])

/** What stands on a store's invoices and parcels, and where its website is. */
export const StoreProfile = Type.Object(
  {
    legalName: Type.Optional(Text),
    addressLines: Type.Optional(Type.Array(Text, { maxItems: 6 })),
    taxNumber: Type.Optional(Type.String({ ...Text, description: 'an NPWP, a GSTIN: the number alone' })),
    email: Type.Optional(Text),
    phone: Type.Optional(Text),
    invoiceNumbers: Type.Optional(
      Type.String({ maxLength: 100, pattern: String.raw`\{number(:\d)?\}`, description: 'INV/{year}/{number:5}' }),
    ),
    webOrigins: Type.Optional(
      Type.Array(Type.String({ pattern: '^https?://[a-z0-9.-]+(:[0-9]+)?$' }), {
        maxItems: 20,
        description:
          'of its website, where that is another than the API’s: browsers there may read answers. https://shop.example.com',
      }),
    ),
    paymentReturnUrl: Type.Optional(
      Type.String({
        maxLength: 500,
        pattern: '^https?://',
        description: 'a page of its website to which a buyer comes back from the gateway’s',
      }),
    ),
    origin: Type.Optional(
      Type.Object(
        {
          name: Text,
          phone: Text,
          line1: Text,
          line2: TextOrNull,
          district: TextOrNull,
          city: Text,
          region: Text,
          postalCode: Text,
        },
        {
          additionalProperties: false,
          description: 'where its parcels are collected; without it no courier can be asked',
        },
      ),
    ),
    enrolmentNeedsKey: Type.Optional(
      Type.Boolean({ description: 'only administrators, and programs with an API key, may enrol parcels' }),
    ),
    jnt: Type.Optional(
      Type.Unknown({
        description: 'what comes with its contract with J&T, as that provider reads it: areas and products',
      }),
    ),
  },
  { additionalProperties: false },
)
export type StoreProfile = Static<typeof StoreProfile>
