/**
 * A JSON number as Python converts it to a string: `1.0` keeps its point, `1e5` becomes `100000.0`, `-0` is `0`, and an
 * integer of any length keeps all its digits.
 */
export function numberText(source: string): string {
  if (source === '-0') return '0'
  if (!/[.eE]/.test(source)) return source
  return floatText(Number(source))
}

/** Formats a number as Python's `repr` of a float does. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', 'inf')
  if (Object.is(value, -0)) return '-0.0'
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  // Two digits of the exponent at least.
  if (power < -4 || power >= 16)
    return `${digits}e${exponent.replace(/^.(?=\d$)/, '$&0')}`
  if (Number.isInteger(value)) return `${value}.0`
  return String(value)
}
