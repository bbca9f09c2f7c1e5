/** Texts of a length on which algorithms that are linear elsewhere may be quadratic or worse, by what they attack. */
export const WORST_CASES: Readonly<Record<string, (length: number) => string>> = {
  // Canonical ordering sorts a row of combining marks: U+0300 and U+0316 are of different classes.
  'combining marks in the wrong order': (length) =>
    `a${'\u0300'.repeat(length / 2 - 1)}${'\u0316'.repeat(length / 2)}`,
  'Hangul letters to compose': repeat('\u1112\u1161\u11ab'),
  'one character that normalizes to eighteen': repeat('\ufdfa'),
  'letters that grow when their case is folded': repeat('\u0130\u00df\ufb03'),
  'lone surrogates': repeat('\ud800'),
  'escaped quotes after an open quote': (length) => `x,"${'\\"'.repeat(length / 2 - 2)}`,
  'open quotes': repeat('"'),
  backslashes: repeat('\\'),
  'white space': (length) => `x${' '.repeat(length - 2)}x`,
  'tabs and spaces': (length) => `x${'\t '.repeat(length / 2 - 1)}x`,
  'lists of nothing': repeat(','),
  'parameters of nothing': repeat(';='),
  'dots between letters': repeat('a.'),
  'signs of an address': repeat('@a'),
  'labels of a domain': (length) => `a@${'a-'.repeat(length / 2 - 1)}`,
  'escapes of a URL': repeat('%'),
  'slashes and dots': repeat('/..'),
  'padding of base64': repeat('='),
  digits: repeat('9'),
  'groups of an address': repeat(':'),
  'nested lists': repeat('['),
  'nested objects': repeat('{"a":'),
  'quality values': repeat('a/b;q=0.1,'),
  cookies: repeat('sessionid=;'),
  'sessions of a browser': (length) =>
    Array.from({ length }, (_, n) => `sessionid=${String(n).padStart(43, 's')};`)
      .join('')
      .slice(0, length),
}

function repeat(unit: string): (length: number) => string {
  return (length) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}

/** A text of the same length that no algorithm has trouble with. */
export const plain = (length: number): string => 'x'.repeat(length)
