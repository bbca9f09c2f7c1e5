import type { Awaitable } from '../base/awaitable.ts'
import type { AuthError } from '../base/errors.ts'
import type { Answer } from './answer.ts'
import type { Description } from './description.ts'
import type { Fields } from './fields.ts'
import type { ParsedBody } from './parsed-body.ts'
import type { PathParameters } from './path-pattern.ts'
import type { Renderer } from './renderer.ts'
import type { AuthRequest } from './request.ts'

/** In the order of `Allow`. HEAD and OPTIONS are derived. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/** Who may use an endpoint. Without both members it is public, and `Authorization` is not read. */
export interface Access {
  /** The schemes that authenticate its requests. Default: the instance's. */
  readonly authentication?: readonly unknown[]
  /** What a guard takes: a permission string, a permission or a table. Default: the instance's permissions. */
  readonly requirement?: unknown
}

/** What answers at a path. */
export interface Endpoint extends Access {
  /** Shown in the answer to OPTIONS. */
  readonly name: string
  /** Its default path, such as `/api/token/refresh/` or `/users/:id/`. */
  readonly path: string
  readonly methods: Readonly<Partial<Record<Method, MethodHandler<string>>>>
  /** Further ways than JSON to show its values, errors included. */
  readonly renderers?: readonly Renderer[]
  /** Answers JSON, and ignores `Accept` and `?format=`. */
  readonly ignoresAccept?: boolean
  /** `false`: not counted by the throttles that count every public endpoint. */
  readonly count?: boolean
  /** What is answered in place of an error. */
  errorFor?(error: AuthError): AuthError
  /** Answers every error of the endpoint, those of its guard and its throttles included, in place of a value: a page does so. */
  errorAnswer?(error: AuthError, request: AuthRequest): Awaitable<Answer>
}

/**
 * One method of an endpoint. Its own access, if it has some, replaces the endpoint's.
 *
 * @typeParam Who the principal that the guard admits; `undefined` at a public endpoint
 */
export interface MethodHandler<Name extends string, Who = unknown> extends Access {
  /** The text fields of the body, which may depend on the body. Without `fields` the body is not read. */
  readonly fields?: Fields<Name> | ((body: ParsedBody) => Fields<Name>)
  /** @returns an answer, or an object that is the JSON body of a 200 */
  handle(
    fields: Readonly<Record<Name, string>>,
    request: AuthRequest,
    context: HandlerContext<Who>,
  ): Awaitable<object>
  /** What it takes and answers, for documents and forms; called when one is made. */
  describe?(): Description
}

export interface HandlerContext<Who> {
  readonly parameters: PathParameters
  readonly principal: Who
  /** The body, of which `fields` are the text fields; `undefined` without `fields`. */
  readonly body: ParsedBody | undefined
}

/** The handlers of an endpoint. The names of their fields are inferred, by method. */
interface Methods<
  Get extends string,
  Post extends string,
  Put extends string,
  Patch extends string,
  Delete extends string,
  Who,
> {
  readonly GET?: MethodHandler<Get, Who>
  readonly POST?: MethodHandler<Post, Who>
  readonly PUT?: MethodHandler<Put, Who>
  readonly PATCH?: MethodHandler<Patch, Who>
  readonly DELETE?: MethodHandler<Delete, Who>
}

type PublicMethods = Readonly<
  Partial<Record<Method, { readonly [Each in keyof Access]?: undefined }>>
>

/** A public endpoint, whose handlers receive their fields by name. */
export const endpoint = <
  Get extends string = never,
  Post extends string = never,
  Put extends string = never,
  Patch extends string = never,
  Delete extends string = never,
>(
  definition: Omit<Endpoint, 'methods' | keyof Access> & {
    readonly methods: Methods<Get, Post, Put, Patch, Delete, undefined> & PublicMethods
  },
): Endpoint => definition

/** An endpoint behind a guard: `guardedEndpoint<Principal>()({ … })`. @typeParam Who the principal that the guard admits */
export const guardedEndpoint =
  <Who>() =>
  <
    Get extends string = never,
    Post extends string = never,
    Put extends string = never,
    Patch extends string = never,
    Delete extends string = never,
  >(
    definition: Omit<Endpoint, 'methods'> &
      Required<Pick<Access, 'requirement'>> & {
        readonly methods: Methods<Get, Post, Put, Patch, Delete, Who>
      },
  ): Endpoint =>
    definition
