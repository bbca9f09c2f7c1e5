import { jsonText } from '../base/json-text.ts'
import type { AuthRequest } from './request.ts'

/** One way to show a value. A feature may give its endpoints further ones, such as HTML pages. */
export interface Renderer {
  /** Such as `text/html`. */
  readonly mediaType: string
  /** The value of `?format=` that selects it. */
  readonly format: string
  render(value: object, context: RenderContext): string
}

export interface RenderContext {
  readonly request: AuthRequest
  readonly status: number
  /** Spaces per level that the client asked for; 0: no line breaks. */
  readonly indent: number
}

export const jsonRenderer: Renderer = {
  mediaType: 'application/json',
  format: 'json',
  render: (value, { indent }) => jsonText(value, indent),
}

/** JSON has no charset parameter (RFC 8259 §11); of `text/…` a browser would have to guess it. */
export function contentTypeOf({ mediaType }: Renderer): string {
  if (mediaType.startsWith('text/')) return `${mediaType}; charset=utf-8`
  return mediaType
}
