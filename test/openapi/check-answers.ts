import { Ajv2020 } from 'ajv/dist/2020.js'
import { withoutLastSlash } from '../../src/http/router.ts'
import { internalsOf } from '../../src/instance/internals.ts'
import type { Watchword } from '../../src/watchword.ts'

/** What a check of one answer needs of it. */
interface Answered {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

interface Asked {
  readonly method: string
  readonly url: string
}

/** What was found about the answers of an instance. */
export interface Findings {
  /** Answers that the document does not allow. */
  readonly faults: string[]
  /** Statuses that were answered: `obtainToken 200`. */
  readonly seen: Set<string>
  /** Statuses that the document lists. */
  readonly documented: Set<string>
}

/** Lets each test fail that gets an answer which the OpenAPI document does not allow. Call it before the instance is mounted. */
export function requireDocumented(auth: object): void {
  const faults: string[] = []
  checkAnswers(auth, { faults, seen: new Set(), documented: new Set() }, () => {
    const [fault] = faults
    if (fault !== undefined) throw new Error(fault)
  })
}

/** Compares each answer of an instance with its OpenAPI document. Call it before the instance is mounted. */
export function checkAnswers(
  auth: object,
  findings: Findings,
  onChecked: () => void = () => {},
): void {
  const internals = internalsOf(auth)
  const { answer } = internals
  let checker: Promise<Checker> | undefined
  Object.assign(internals, {
    answer(request: Parameters<typeof answer>[0]) {
      const sent = watchedBody(request)
      return answer(request)?.then(async (reply) => {
        checker ??= checkerOf(auth as Watchword)
        const { check, checkBody, documented } = await checker
        for (const each of documented) findings.documented.add(each)
        findings.faults.push(...check(request, reply, findings.seen))
        if (reply.status < 300) findings.faults.push(...checkBody(request, sent()))
        onChecked()
        return reply
      })
    },
  })
}

type AnyRequest = Parameters<ReturnType<typeof internalsOf>['answer']>[0]

/** What the endpoint reads of a body, once it has, if it is JSON. */
function watchedBody(request: AnyRequest): () => unknown {
  const { takeBody } = request
  let bytes: Uint8Array | undefined
  if (takeBody !== undefined && /^application\/json\b/.test(typeOf(request)))
    Object.assign(request, {
      async takeBody() {
        bytes = await takeBody.call(request)
        return bytes
      },
    })
  return () => {
    if (bytes === undefined || bytes.length === 0) return undefined
    return JSON.parse(Buffer.from(bytes).toString())
  }
}

/** A header that is there twice makes the request invalid. */
function typeOf(request: AnyRequest): string {
  try {
    return request.header('content-type') ?? ''
  } catch {
    return ''
  }
}

interface Checker {
  /** @returns what the document does not allow of a body that was accepted */
  checkBody(asked: Asked, body: unknown): readonly string[]
  readonly documented: readonly string[]
  check(asked: Asked, answered: Answered, seen: Set<string>): readonly string[]
}

interface Operation {
  readonly operationId: string
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: object }>>
  }
  readonly responses: Readonly<Record<string, Response>>
}
interface Response {
  readonly $ref?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly responses?: Readonly<Record<string, Response>> }
}

/** A number in place of a text is read as its digits, as a CharField of Django REST framework does; documents do not say so. */
function withTexts(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const members = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === 'number' ? String(value) : value,
  ])
  return Object.fromEntries(members)
}

const CHECKERS = new Map<string, Checker>()

async function checkerOf(auth: Pick<Watchword, 'openapi'>): Promise<Checker> {
  const document = (await auth.openapi()) as unknown as Document
  const text = JSON.stringify(document)
  const known = CHECKERS.get(text) ?? createChecker(document)
  CHECKERS.set(text, known)
  return known
}

function createChecker(document: Document): Checker {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'document')
  const routes = Object.entries(document.paths).map(([path, item]) => ({
    pattern: patternOf(path),
    item,
  }))
  // As the router does: a path without parameters wins.
  routes.sort((one, other) => one.pattern.parameters - other.pattern.parameters)
  const responseOf = (operation: Operation, status: number): Response | undefined => {
    const { $ref, ...response } = operation.responses[status] ?? {}
    if (operation.responses[status] === undefined) return operation.responses.default
    if ($ref === undefined) return response
    return document.components.responses?.[$ref.split('/').at(-1) ?? '']
  }
  const bodyFaults = (
    response: Response,
    { body, headers }: Answered,
  ): readonly string[] => {
    const [type] = Object.keys(response.content ?? {})
    if (type === undefined) return body === '' ? [] : [`a body: ${body.slice(0, 200)}`]
    const sent = headers.find(([name]) => name === 'Content-Type')?.[1]
    if (sent !== type) return [`the type ${sent}`]
    const schema = response.content?.[type]?.schema ?? {}
    const validate = compiled(ajv, schema)
    if (validate(JSON.parse(body))) return []
    return [`${body.slice(0, 300)}: ${ajv.errorsText(validate.errors)}`]
  }
  const operationAt = ({ method, url }: Asked): Operation | undefined => {
    const path = withoutLastSlash(url.replace(/\?.*$/, ''))
    return routes.find(({ pattern }) => pattern.matches(path))?.item[method.toLowerCase()]
  }
  return {
    checkBody(asked, body) {
      const schema = operationAt(asked)?.requestBody?.content['application/json']?.schema
      if (body === undefined || schema === undefined) return []
      const validate = compiled(ajv, schema)
      if (validate(body) || validate(withTexts(body))) return []
      const what = `${asked.method} ${asked.url}: the document refuses the body that was accepted`
      return [`${what}: ${ajv.errorsText(validate.errors)}`]
    },
    documented: operationsIn(document).flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`),
    ),
    check({ method, url }, answered, seen) {
      const path = withoutLastSlash(url.replace(/\?.*$/, ''))
      const item = routes.find(({ pattern }) => pattern.matches(path))?.item
      if (item === undefined)
        return isPage(answered) ? [] : [`${path} is not in the document`]
      const { status } = answered
      if (method === 'OPTIONS' && status === 200) return []
      const named = item[(method === 'HEAD' ? 'GET' : method).toLowerCase()]
      const operations = named === undefined ? operationsOf(item) : [named]
      const known = operations.flatMap((operation) => {
        const response = responseOf(operation, status)
        return response === undefined ? [] : [{ operation, response }]
      })
      const [first] = known
      const what = `${method} ${path} ${status}`
      if (first === undefined) return [`${what} is not documented: ${answered.body}`]
      if (answered.body === '' && EMPTY.has(`${first.operation.operationId} ${status}`))
        return []
      for (const { operation } of known) seen.add(`${operation.operationId} ${status}`)
      return [
        ...missingHeaders(first.response, answered),
        ...bodyFaults(first.response, answered),
      ].map((fault) => `${what} against the document: ${fault}`)
    },
  }
}

/** Djoser answers so if addresses need no confirmation: OpenAPI cannot say that a body may be missing. */
const EMPTY: ReadonlySet<string> = new Set(['djoserResendActivation 400'])

/** Pages are not in documents. */
const isPage = ({ headers }: Answered): boolean =>
  headers.some(
    ([name, value]) =>
      name === 'Location' || (name === 'Content-Type' && value.startsWith('text/html')),
  )

const REQUIRED = ['Cache-Control', 'Allow', 'Retry-After']

const missingHeaders = ({ headers = {} }: Response, answered: Answered): string[] =>
  REQUIRED.filter(
    (name) => name in headers && !answered.headers.some(([each]) => each === name),
  ).map((name) => `no header ${name}`)

/** By schema. */
const COMPILED = new WeakMap<object, ReturnType<Ajv2020['compile']>>()

function compiled(ajv: Ajv2020, schema: object) {
  const absolute = JSON.stringify(schema).replaceAll('"#/', '"document#/')
  const known = COMPILED.get(schema) ?? ajv.compile(JSON.parse(absolute))
  COMPILED.set(schema, known)
  return known
}

const operationsOf = (item: Readonly<Record<string, Operation>>): readonly Operation[] =>
  Object.entries(item)
    .filter(([name]) => name !== 'parameters')
    .map(([, operation]) => operation)

const operationsIn = ({ paths }: Document): readonly Operation[] =>
  Object.values(paths).flatMap(operationsOf)

function patternOf(template: string) {
  const bare = withoutLastSlash(template)
  const parameters = bare.split('{').length - 1
  const text = bare.replace(/[.+]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')
  const regex = new RegExp(`^${text}$`)
  return { parameters, matches: (path: string): boolean => regex.test(path) }
}
