/** Country calling codes of where stores are (ITU-T E.164), by ISO 3166 code. */
const callingCodes: Record<string, string> = {
  ID: '62', IN: '91', MY: '60', SG: '65', TH: '66', PH: '63', VN: '84', LK: '94', BD: '880', NP: '977', PK: '92',
} // oxfmt-ignore

/**
 * A phone number as it is dialled from anywhere: "0812-3456-789" in Indonesia is "+628123456789".
 * @param country where a number without a country code is
 * @returns null when it is no number, or one without a country in a country that is not known here
 */
export function toE164(phone: string | null, country: string): string | null {
  const digits = phone?.replaceAll(/[\s().-]/g, '') ?? ''
  if (!/^\+?\d{6,15}$/.test(digits)) return null
  const code = callingCodes[country]
  const number = digits.startsWith('+') ? digits : withCountry(digits, code)
  if (!number || number.startsWith('+0')) return null
  // "0812" at home, and "+62 (0)812" on cards: no number begins with that zero for whoever dials from elsewhere
  return code && number.startsWith(`+${code}0`) ? `+${code}${number.slice(code.length + 2)}` : number
}

function withCountry(digits: string, code: string | undefined): string | null {
  if (!code) return null
  if (digits.startsWith('00')) return `+${digits.slice(2)}`
  return digits.startsWith(code) && digits.length > 10 ? `+${digits}` : `+${code}${digits}`
}
