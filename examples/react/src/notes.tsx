import { type FormEvent, useCallback, useEffect, useMemo, useState } from 'react'
import { AuthError, passkeys } from 'watchword/client'
import { useAuth, useClient } from 'watchword/react'

export interface Member {
  readonly id: string
  readonly username: string
}

interface Session {
  readonly id: string
  readonly current: boolean
  readonly user_agent: string | null
}

/** What a form says: a guard of the page, the server decides. */
export function Notes() {
  const auth = useAuth<Member>()
  if (auth.status === 'loading') return <p>Loading …</p>
  return auth.status === 'signedIn' ? <Own username={auth.user.username} /> : <SignIn />
}

function SignIn() {
  const client = useClient<Member>()
  const keys = useMemo(() => passkeys(client), [client])
  const [problem, setProblem] = useState('')
  const attempt = (work: () => Promise<unknown>) => {
    setProblem('')
    work().catch((error: unknown) => setProblem(textOf(error)))
  }
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { submitter } = event.nativeEvent as SubmitEvent
    const fields = Object.fromEntries(new FormData(event.currentTarget)) as {
      username: string
      password: string
    }
    attempt(async () => {
      if (submitter?.id === 'sign-up') await client.signUp(fields)
      await client.signIn(fields)
    })
  }
  return (
    <form onSubmit={send}>
      <h1>Sign in</h1>
      <label>
        Name <input name="username" autoComplete="username" required />
      </label>
      <label>
        Password{' '}
        <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Sign in</button>
      <button type="submit" id="sign-up">
        Sign up
      </button>
      <button type="button" onClick={() => attempt(() => keys.signIn())}>
        Sign in with a passkey
      </button>
      <p role="alert">{problem}</p>
    </form>
  )
}

function Own({ username }: { username: string }) {
  const client = useClient<Member>()
  const [notes, setNotes] = useState<string[]>([])
  const [sessions, setSessions] = useState<Session[]>([])
  const load = useCallback(async () => {
    const [own, all] = await Promise.all([
      client.fetch('/notes/'),
      client.fetch('/auth/sessions/'),
    ])
    if (own.ok) setNotes(await own.json())
    if (all.ok) setSessions(await all.json())
  }, [client])
  useEffect(() => {
    load().catch(() => {})
  }, [load])
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const body = JSON.stringify(Object.fromEntries(new FormData(form)))
    const headers = { 'Content-Type': 'application/json' }
    await client.fetch('/notes/', { method: 'POST', headers, body })
    form.reset()
    await load()
  }
  return (
    <>
      <h1>Notes of {username}</h1>
      <ul id="notes">
        {notes.map((text, place) => (
          <li key={place}>{text}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <label>
          Note <input name="text" required />
        </label>
        <button type="submit">Add</button>
      </form>
      <h2>Sessions</h2>
      <ul id="sessions">
        {sessions.map(({ id, current, user_agent }) => (
          <li key={id}>
            {user_agent} {current && '(this one)'}
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => passkeys(client).register({ name: 'Laptop' })}>
        Add a passkey
      </button>
      <button type="button" onClick={() => client.signOut()}>
        Sign out
      </button>
      <button type="button" onClick={() => client.signOut({ everywhere: true })}>
        Sign out everywhere
      </button>
    </>
  )
}

const textOf = (error: unknown): string => {
  if (!(error instanceof AuthError)) return 'Something went wrong. Try again.'
  if (error.code === 'invalid_credentials') return 'Wrong name or password.'
  if (error.code === 'cancelled') return 'No passkey was chosen.'
  return Object.values(error.fields ?? {}).flat()[0] ?? 'That did not work. Try again.'
}
