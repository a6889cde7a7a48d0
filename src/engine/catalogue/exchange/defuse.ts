/**
 * A spreadsheet that opens our file runs a cell that begins with = + - @, a tab or a carriage return as a formula. An
 * apostrophe before it makes it text. Cells that already begin so get one more, so that every text comes back as it was.
 */
const dangerous = /^'*[=+\-@\t\r]/
const defused = /^'+[=+\-@\t\r]/

/** Makes a text cell harmless; numbers that we print ourselves need it not. */
export const defuse = (cell: string) => (dangerous.test(cell) ? `'${cell}` : cell)

/** The text that `defuse` was given. */
export const restore = (cell: string) => (defused.test(cell) ? cell.slice(1) : cell)
