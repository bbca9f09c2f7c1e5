import { setTimeout as sleep } from 'node:timers/promises'
import type { UserId } from '../../src/users/user.ts'
import type { Chance } from '../differential/random.ts'
import type { ServerProcess } from '../server/process.ts'
import { type clientsOf, timed } from './clients.ts'
import type { Operation } from './history.ts'
import type { Family, operations, Span } from './model.ts'
import type { ResetCodes } from './reset-codes.ts'
import type { UserState } from './user-state.ts'
import { type User, userOf, type Witness } from './witness.ts'

/** What a client signs in with: when its user has been deleted, another may get the name. */
export interface Login {
  user: User
}

export interface UserActionsDeps {
  readonly server: () => ServerProcess
  readonly witness: Witness
  readonly chance: Chance
  readonly model: ReturnType<typeof operations>
  readonly codes: ResetCodes
  readonly resetPassword: ReturnType<typeof clientsOf>['resetPassword']
}

/** Milliseconds, at most, after which a request with a link has most often been answered. */
const RESET_TIME = 20

/** Epochs far enough apart that changes of one user never reach those of another with the same id. */
const EPOCHS = 1_000_000

/** What an administrator can do to a user, on a server chosen at random. */
export function userActions(deps: UserActionsDeps) {
  const { server, witness, chance, model, codes } = deps
  let made = 0
  const another = (): number => {
    made += 1
    return made
  }
  const anotherPassword = (): string => `qhr4-${another()}-w2pd-x9kc-7mzt`

  /** Makes a change, which ends the sessions that existed when it began if its effect says so. */
  async function change<Answer>(
    user: User,
    work: () => Promise<Answer>,
    effectOf: (span: Span, answer: Answer) => Effect,
  ): Promise<void> {
    const open = witness.signIns.filter((client) => client.user === user)
    const { span, answer } = await timed(work)
    const { operations, ends = false } = effectOf(span, answer)
    user.history.push(...operations)
    if (ends) for (const client of open) witness.over(client, span)
  }

  const update = (
    user: User,
    fields: object,
    effectOf: (span: Span) => Effect,
  ): Promise<void> =>
    change(
      user,
      () => server().administer('changeUser', user.id, fields),
      (span, found) => (found === undefined ? missed(span) : effectOf(span)),
    )

  const missed = (span: Span): Effect => ({ operations: [model.missed(span)] })

  const endSessions = ({ user }: Login): Promise<void> =>
    change(
      user,
      () => server().administer('endSessions', user.id),
      (span) => ({ operations: [model.endedAll(span)], ends: true }),
    )

  const deactivate = ({ user }: Login): Promise<void> =>
    update(user, { active: false }, (span) => ({
      operations: model.deactivated(span),
      ends: true,
    }))

  const activate = ({ user }: Login): Promise<void> =>
    update(user, { active: true }, (span) => ({ operations: [model.activated(span)] }))

  const rename = ({ user }: Login): Promise<void> => {
    const name = `user-${another()}`
    return update(user, { username: name }, (span) => {
      user.name = name
      return { operations: [model.renamed(span, name)] }
    })
  }

  /** To one of two addresses, so that a user may get back the one that old tokens name. */
  const changeEmail = ({ user }: Login): Promise<void> => {
    const email = `${chance.int(2)}-${user.id}@example.org`
    return update(user, { email }, (span) => ({
      operations: model.emailChanged(span, email),
    }))
  }

  const changePassword = ({ user }: Login): Promise<void> => {
    const password = anotherPassword()
    return change(
      user,
      () => attempt(() => server().administer('setPassword', user.id, password)),
      (span, { refusal }) => {
        if (refusal === 'user_not_found') return missed(span)
        if (refusal !== undefined) return NO_EFFECT
        user.password = password
        return { operations: model.passwordChanged(span, password), ends: true }
      },
    )
  }

  /** A link is issued; then two clients may use it at once, while others change the user. */
  async function resetPassword({ user }: Login): Promise<void> {
    const number = another()
    const asked = await timed(() => codes.read(user.id))
    if (asked.answer === undefined) return
    user.history.push(model.codeAsked(asked.span, number))
    const read = asked.answer
    const issued = await timed(() => codes.issue(read))
    const token = issued.answer
    user.history.push(model.codeIssued(issued.span, number, token !== undefined))
    if (token === undefined) return
    const use = () => useLink(user, number, token)
    // One at most, since each doubles the orders that the search has to try.
    const beside = chance.pick([use, () => changeSoon(user), undefined])
    await Promise.all([use(), beside?.()])
    if (chance.once(3)) await use()
  }

  /** Between the redemption of a link and its new password. */
  async function changeSoon(user: User): Promise<void> {
    await sleep(chance.int(RESET_TIME))
    await changePassword({ user })
  }

  async function useLink(user: User, number: number, token: string): Promise<void> {
    const open = witness.signIns.filter((client) => client.user === user)
    const password = anotherPassword()
    const { span, answer } = await deps.resetPassword(server(), token, password)
    if (answer === true) {
      user.password = password
      witness.passwordReset()
      user.history.push(...model.passwordReset(span, number, password))
      for (const client of open) witness.over(client, span)
    } else if (answer === false) {
      user.history.push(...model.resetRefused(span, number))
    } else witness.other('reset', answer, user)
  }

  const remove = ({ user }: Login): Promise<void> =>
    change(
      user,
      () => {
        user.isDeleted = true
        return server().administer('deleteUser', user.id)
      },
      (span, existed) => ({ operations: model.deleted(span, existed), ends: true }),
    )

  const createAgain = (login: Login): Promise<void> =>
    chance.once(2) ? createWithId(login.user) : createWithName(login)

  /** Another user with the id and the name of a deleted one; without a password there is no hash to wait for. */
  const createWithId = (user: User): Promise<void> => {
    const password = chance.once(2) ? undefined : anotherPassword()
    const created = newUser(user.name, password)
    return change(
      user,
      () => create(created, user.id),
      (span, { refusal }) => {
        if (refusal !== undefined) return { operations: [model.notCreated(span)] }
        user.isDeleted = false
        if (password !== undefined) user.password = password
        return { operations: model.created(span, created) }
      },
    )
  }

  /** Another user, with another id, who gets the name of a deleted one. */
  async function createWithName(login: Login): Promise<void> {
    const created = newUser(login.user.name, anotherPassword())
    const { span, answer } = await timed(() => create(created))
    if (answer.done === undefined) return
    login.user = userOf(answer.done.id as UserId, { ...created, exists: false })
    login.user.isDeleted = false
    login.user.history.push(...model.created(span, created))
  }

  const create = ({ name, email, password }: UserState, id?: UserId) =>
    attempt(() =>
      server().administer('createUser', {
        username: name,
        email,
        ...(id !== undefined && { id }),
        ...(password !== undefined && { password }),
      }),
    )

  const newUser = (name: string, password: string | undefined): UserState => ({
    exists: true,
    isActive: true,
    epoch: another() * EPOCHS,
    name,
    email: `new-${another()}@example.org`,
    password,
  })

  return {
    endSessions,
    deactivate,
    activate,
    rename,
    changeEmail,
    changePassword,
    resetPassword,
    remove,
    createAgain,
  }
}

/** What a change did to the user, and whether it ended the sessions that there were. */
interface Effect {
  readonly operations: readonly Operation<Family>[]
  readonly ends?: boolean
}

const NO_EFFECT: Effect = { operations: [] }

interface Attempt<Answer> {
  readonly done?: Answer
  readonly refusal?: string
}

/** Codes of errors of a change that has changed nothing. */
const REFUSALS = ['user_not_found', 'invalid', 'busy']

async function attempt<Answer>(work: () => Promise<Answer>): Promise<Attempt<Answer>> {
  try {
    return { done: await work() }
  } catch (error) {
    const { code = '' } = error as { readonly code?: string }
    if (!REFUSALS.includes(code)) throw error
    return { refusal: code }
  }
}
