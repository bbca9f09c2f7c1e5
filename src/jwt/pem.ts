import { KeyObject } from 'node:crypto'

/**
 * A PEM as it was before a `.env` file or a hosting service held it in one line: without the quotes around it, and with line ends
 * in place of written-out ones. Any other text stays as it is.
 */
export function unquotedPem(text: string): string {
  if (!text.includes('-----BEGIN')) return text
  const trimmed = text.trim()
  const [, , quoted] = /^(["'])(.*)\1$/s.exec(trimmed) ?? []
  return (quoted ?? trimmed).replace(/\\r\\n|\\n/g, '\n').replaceAll('\r\n', '\n')
}

/** What a text in PEM is, by its first line. */
export function pemKind(
  pem: string,
): 'certificate' | 'encrypted' | 'private' | 'public' | undefined {
  const [, label] = /^\s*-----BEGIN ([A-Z ]+)-----/.exec(pem) ?? []
  if (label === undefined) return undefined
  if (label === 'CERTIFICATE') return 'certificate'
  if (label.startsWith('ENCRYPTED ') || pem.includes('Proc-Type: 4,ENCRYPTED'))
    return 'encrypted'
  if (label.endsWith('PRIVATE KEY') || label === 'EC PARAMETERS') return 'private'
  if (label.endsWith('PUBLIC KEY')) return 'public'
  return undefined
}

export const isKeyObject = (value: unknown): value is KeyObject =>
  value instanceof KeyObject
