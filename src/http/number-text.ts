/**
 * A JSON number as Python writes it once it is text: `1.0` keeps its point, `1e5` becomes `100000.0`, `-0` is `0`, and
 * an integer of any length keeps all its digits.
 */
export function numberText(source: string): string {
  if (!/[.eE]/.test(source)) return source === '-0' ? '0' : source
  const value = Number(source)
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 16) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
