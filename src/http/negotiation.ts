import { AuthError } from '../base/errors.ts'
import { jsonText } from '../base/json-text.ts'
import { type MediaType, parseMediaType } from './media-type.ts'
import { queryValues } from './query.ts'
import { contentTypeOf, jsonRenderer, type Renderer } from './renderer.ts'
import type { AuthRequest } from './request.ts'

/** How values are shown to the client of a request. */
export interface Rendering {
  readonly contentType: string
  textOf(value: object, status: number): string
}

/** JSON without indentation: for errors before the negotiation, and for endpoints that ignore `Accept`. */
export const PLAIN_JSON: Rendering = {
  contentType: jsonRenderer.mediaType,
  textOf: (value) => jsonText(value),
}

/**
 * Chooses a renderer as Django REST framework does: of the media ranges that a client accepts, the most specific one that
 * some renderer satisfies. `q` is not read.
 *
 * @param renderers in the server's order of preference
 * @throws AuthError `not_found` for another `?format=`; `not_acceptable`
 */
export function negotiate(
  request: AuthRequest,
  renderers: readonly Renderer[] = [jsonRenderer],
): Rendering {
  const { renderer, indent } = choose(request, renderers)
  return {
    contentType: contentTypeOf(renderer),
    textOf: (value, status) => renderer.render(value, { request, status, indent }),
  }
}

/** Media ranges that are read; a browser sends fewer than ten. */
const MAX_RANGES = 100

interface Choice {
  readonly renderer: Renderer
  /** Spaces per level, 0 to 8; 0: no line breaks. */
  readonly indent: number
}

function choose(request: AuthRequest, renderers: readonly Renderer[]): Choice {
  const offered = selectedByFormat(request.url, renderers)
  const [preferred] = offered
  if (preferred === undefined) throw new AuthError('not_found')
  const accept = request.header('accept')
  if (accept === undefined || accept === '*/*') return { renderer: preferred, indent: 0 }
  const ranges = accept.split(',', MAX_RANGES).map(parseMediaType)
  for (const specificity of [3, 2, 1, 0]) {
    const candidates = ranges.filter((range) => specificityOf(range) === specificity)
    const choice = firstMatch(offered, candidates)
    if (choice !== undefined) return choice
  }
  throw new AuthError('not_acceptable')
}

function selectedByFormat(
  url: string,
  renderers: readonly Renderer[],
): readonly Renderer[] {
  const format = queryValues(url, 'format').at(-1) ?? ''
  if (format === '') return renderers
  return renderers.filter((renderer) => renderer.format === format)
}

function firstMatch(
  renderers: readonly Renderer[],
  ranges: readonly MediaType[],
): Choice | undefined {
  for (const renderer of renderers) {
    const range = ranges.find((candidate) => includes(candidate, renderer.mediaType))
    if (range === undefined) continue
    return { renderer, indent: indentOf(range.parameters.get('indent') ?? '') }
  }
  return undefined
}

/** As Django REST framework reads a range: each half may be a star. */
function includes({ type }: MediaType, mediaType: string): boolean {
  const [main, sub] = type.split('/')
  const [ourMain, ourSub] = mediaType.split('/')
  return (main === '*' || main === ourMain) && (sub === '*' || sub === ourSub)
}

function specificityOf({ type, parameters }: MediaType): number {
  if (type.startsWith('*/')) return 0
  if (type.endsWith('/*')) return 1
  const isPlain = [...parameters.keys()].every((name) => name === 'q')
  if (isPlain) return 2
  return 3
}

function indentOf(parameter: string): number {
  if (!/^\d+$/.test(parameter)) return 0
  return Math.min(Number(parameter), 8)
}
