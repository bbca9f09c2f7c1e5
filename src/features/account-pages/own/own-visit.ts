import { AuthError } from '../../../base/errors.ts'
import type { Answer } from '../../../http/answer.ts'
import { type Field, type Fields, parseFields } from '../../../http/fields.ts'
import { collectFields } from '../../../http/parsed-body.ts'
import { pathOf } from '../../../http/query.ts'
import { seeOther, shown } from '../../../pages/answers.ts'
import type { FieldErrors } from '../../../pages/components.ts'
import type { Form } from '../../../pages/form.ts'
import { withNext } from '../../../pages/next-path.ts'
import { requireFresh } from '../../accounts/fresh.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { UserVisit, Visit } from '../../pages/visit.ts'
import { faultsIn, retryOf } from '../sign-in/flow.ts'
import type { OwnTexts } from '../texts/own-en.ts'
import type { OwnPageData, SectionName, Viewer } from './data.ts'
import { forbiddenView } from './frame.ts'
import { type PathName, to } from './paths.ts'
import { sectionsOf } from './sections.ts'

/** What each page of the account shows. */
export const ownDataOf = async (visit: UserVisit): Promise<OwnPageData> => ({
  viewer: await viewerOf(visit),
  done: visit.query.get('done') ?? undefined,
  errors: errorsOf(visit),
  retry: retryOf(visit),
})

async function viewerOf({ visitor, core }: UserVisit): Promise<Viewer> {
  const { actor } = visitor.session
  const found = actor === undefined ? undefined : await core.users.find('id', actor)
  return {
    username: visitor.user.username,
    actor: actor && (found?.user.username ?? actor),
    sections: sectionsOf(core).filter(
      (name) => actor === undefined || !FOR_THE_USER_ALONE.has(name),
    ),
  }
}

/** Sections that only change something. */
const FOR_THE_USER_ALONE: ReadonlySet<SectionName> = new Set([
  'password',
  'data',
  'deleteAccount',
])

/** Members of errors that have another name in the forms; `''` is the form itself. */
const RENAMED = { credential: '', detail: '', expiresIn: 'expires_in' } as const

/** What is wrong with the form that was sent, in the words of the page. */
function errorsOf(visit: Visit): FieldErrors {
  const { error, texts, form } = visit
  if (error === undefined || error.code === 'throttled') return {}
  if (error.code === 'invalid') return faultsIn(visit, RENAMED).errors
  const isOfCode = error.code === 'invalid_code' && form.has('code')
  return isOfCode ? { code: [texts.own.wrongCode] } : { '': [texts.own.failed] }
}

/** The fields of a form, checked as those of an endpoint are. An optional field that is empty is missing. @throws AuthError `invalid` */
export const fieldsIn = <Name extends string>(
  form: Form,
  shape: Fields<Name>,
): Readonly<Record<Name, string>> => {
  const fields = Object.entries<Field>(shape)
  const sent = fields.filter(([name, { optional }]) =>
    optional === true ? form.text(name) !== '' : form.has(name),
  )
  const values = sent.map(([name]) => [name, form.exact(name)] as const)
  return parseFields(shape, collectFields(new Map(values)))
}

/** Goes back to the account, which says what was done. */
export const done = (visit: Visit, what: keyof OwnTexts['done']): Answer =>
  seeOther(`${to(visit, 'account')}?done=${what}`)

type Handlers = PageHandlers<UserVisit>

/** Handlers of a page whose form changes something of the account: not for a user who acts as another one. */
export const ownChange = ({ get, post }: Handlers): Handlers => ({
  get,
  post: async (visit) => (await forbidden(visit)) ?? posted(post, visit),
})

/** Handlers of a page that is of no use to a user who acts as another one. */
export const ownOnly = ({ get, post }: Handlers): Handlers => ({
  get: async (visit) => (await forbidden(visit)) ?? get(visit),
  post: async (visit) => (await forbidden(visit)) ?? posted(post, visit),
})

/** The same for what decides whom an account belongs to: after a sign-in of the last ten minutes. Others sign in again first. */
export const freshOnly = ({ get, post }: Handlers): Handlers =>
  ownOnly({
    get: async (visit) => (await signInAgainFirst(visit)) ?? get(visit),
    post: async (visit) => (await signInAgainFirst(visit)) ?? posted(post, visit),
  })

const posted = async (post: Handlers['post'], visit: UserVisit) => {
  if (post === undefined) throw new AuthError('method_not_allowed')
  return post(visit)
}

async function forbidden(visit: UserVisit): Promise<Answer | undefined> {
  if (visit.visitor.session.actor === undefined) return undefined
  const page = forbiddenView(await ownDataOf({ ...visit, error: undefined }), visit)
  return shown(page, visit.site, { status: 403 })
}

async function signInAgainFirst(visit: UserVisit): Promise<Answer | undefined> {
  if (await isFresh(visit)) return undefined
  return seeOther(withNext(to(visit, 'again'), pathOf(visit.request.url)))
}

/** Whether the user has signed in a short time ago, so that nothing is asked for again. */
export async function isFresh({ visitor, core }: UserVisit): Promise<boolean> {
  try {
    await requireFresh(visitor.principal, {}, core)
    return true
  } catch (error) {
    if (isStale(error)) return false
    throw error
  }
}

const isStale = (error: unknown): boolean =>
  error instanceof AuthError && error.code === 'insufficient_user_authentication'

/** A page that has only a form: opened without it, it goes to the page with the form. */
export const backTo = (visit: Visit, page: PathName): Answer => seeOther(to(visit, page))
