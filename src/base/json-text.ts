/** JSON text as Django REST framework writes it: raw UTF-8, U+2028 and U+2029 escaped. */
export function jsonText(value: unknown, indent = 0): string {
  const text = indent === 0 ? JSON.stringify(value) : JSON.stringify(value, null, indent)
  return text.replace(/[\u2028\u2029]/g, (mark) =>
    mark === '\u2028' ? '\\u2028' : '\\u2029',
  )
}
