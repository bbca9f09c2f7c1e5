/** With `ignoreBOM` a byte order mark is kept as a character: skipping it would let two byte strings be one text. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes UTF-8. @returns the text, or `undefined` if the bytes are not valid UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}
