import type { RequestListener } from 'node:http'
import { NodeRequest, send } from '../../src/adapters/node-request.ts'
import { negotiate } from '../../src/http/negotiation.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import { type Instances, THROTTLED } from './instances.ts'
import { json, type View } from './view.ts'
import {
  helloViews,
  noteViews,
  permissionViews,
  throttledViews,
  whoViews,
} from './views.ts'

/**
 * An application with the routes of the recorded servers.
 *
 * @param names of schemes in its responses
 * @param notes the initial notes
 * @param more views of neighbours
 */
export function application(
  { main, others }: Instances,
  names: { readonly [scheme: string]: string },
  notes: Map<number, string>,
  more: readonly (readonly [path: RegExp, view: View])[] = [],
): RequestListener {
  const throttled = others.get(THROTTLED)
  const views = [
    ...more,
    ...helloViews(main),
    ...whoViews(main, names),
    ...permissionViews(main),
    ...noteViews(main, notes),
    ...(throttled === undefined ? [] : throttledViews(throttled)),
  ]
  const viewOf = (path: string): View | undefined =>
    views.find(([pattern]) => pattern.test(path))?.[1]
  return (request, response) => {
    const view = viewOf((request.url ?? '').replace(/\?.*$/, ''))
    if (view === undefined) return json(response, 404, { detail: 'Not found.' })
    response.setHeader('Allow', view.allow)
    try {
      negotiate(new NodeRequest(request))
    } catch (error) {
      return send(response, internalsOf(main).replyToError(error))
    }
    view.serve(request, response)
  }
}
