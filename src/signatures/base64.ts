/** Decodes base64 with its padding (RFC 4648 §4), in any runtime. @returns `undefined` for any other spelling */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const binary = binaryOf(text)
  // Blanks, missing padding and unused bits that are set are lost.
  if (binary === undefined || btoa(binary) !== text) return undefined
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

function binaryOf(text: string): string | undefined {
  try {
    return atob(text)
  } catch {
    return undefined
  }
}
