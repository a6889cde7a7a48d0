/** The words that a command or a form needs before any scan is there, without the library behind them. */
export { type BodyPart, bodyParts, type Side } from './measure/measurement.ts'
export { type LengthUnit, lengthUnits } from './scan/units.ts'
