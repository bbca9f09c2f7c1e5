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
import type { AccountSection } from '../../page-hooks.ts'
import type { PageHandlers } from '../../pages/define-page.ts'
import type { OwnTexts } from '../../pages/texts/own-en.ts'
import type { UserVisit, Visit } from '../../pages/visit.ts'
import { faultsIn, retryOf } from '../sign-in/faults.ts'
import type { OwnPageData, Viewer } from './data.ts'
import { forbiddenView } from './frame.ts'
import { type PathName, to } from './paths.ts'
import { addedSections, sectionsOf } from './sections.ts'

/** What each page of the account shows. */
export async function ownDataOf(visit: UserVisit): Promise<OwnPageData> {
  const added = addedSections(visit)
  return {
    viewer: await viewerOf(visit, added),
    done: doneText(visit, added),
    errors: errorsOf(visit),
    retry: retryOf(visit),
  }
}

const viewerOf = async (
  visit: UserVisit,
  added: readonly AccountSection[],
): Promise<Viewer> => ({
  username: visit.visitor.user.username,
  actor: await actorName(visit),
  sections: sectionsOf(visit, added),
})

async function actorName({ visitor, core }: UserVisit): Promise<string | undefined> {
  const { actor } = visitor.session
  if (actor === undefined) return undefined
  const found = await core.users.find('id', actor)
  return found?.user.username ?? actor
}

/** The address has a word of a closed list, never a text. */
function doneText({ query, texts }: Visit, added: readonly AccountSection[]) {
  const all = [texts.own.done, ...added.map(({ done = {} }) => done)]
  const byWord = new Map<string, string>(all.flatMap((each) => Object.entries(each)))
  return byWord.get(query.get('done') ?? '')
}

/** Members of errors that have another name in the forms; `''` is the form itself. */
const RENAMED = { credential: '', detail: '', expiresIn: 'expires_in' } as const

/** What is wrong with the form that was sent, in the words of the page. */
function errorsOf(visit: Visit): FieldErrors {
  const { error, texts, form } = visit
  if (error === undefined || error.code === 'throttled') return {}
  if (error.code === 'invalid') return faultsIn(visit, RENAMED).errors
  if (error.code === 'invalid_code' && form.has('code'))
    return { code: [texts.own.wrongCode] }
  return { '': [texts.own.failed] }
}

/** The fields of a form, checked as those of an endpoint are. An optional field that is empty is missing. @throws AuthError `invalid` */
export const fieldsIn = <Name extends string>(
  form: Form,
  shape: Fields<Name>,
): Readonly<Record<Name, string>> => {
  const sent = Object.entries<Field>(shape)
    .filter(([name]) => form.has(name))
    .filter(([name, { optional }]) => optional !== true || form.text(name) !== '')
  const values = sent.map(([name]) => [name, form.exact(name)] as const)
  return parseFields(shape, collectFields(new Map(values)))
}

/** Goes back to the account, which says what was done. */
export const done = (
  visit: Visit,
  what: keyof OwnTexts['done'],
  cookies: readonly string[] = [],
): Answer => seeOther(`${to(visit, 'account')}?done=${what}`, { cookies })

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
