import { authOf } from './program.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

export interface Furnished {
  /** A database in which ada, an editor, and bob, who is nobody in particular, have signed in; ada has an API token. */
  readonly file: string
  readonly ada: string
  readonly bob: string
  readonly adasApiToken: string
}

export async function furnish(file: string): Promise<Furnished> {
  const auth = authOf({ database: file })
  try {
    const ada = await auth.users.create({
      username: 'ada',
      password: PASSWORD,
      roles: ['editor'],
    })
    await auth.users.create({ username: 'bob', password: PASSWORD })
    const { token: adasApiToken } = await auth.apiTokens.create(ada.id)
    const signIn = async (username: string): Promise<string> => {
      const body = JSON.stringify({ username, password: PASSWORD })
      const headers = { 'content-type': 'application/json' }
      const answer = await auth.handler(
        new Request('http://localhost/api/token/', { method: 'POST', body, headers }),
      )
      return ((await answer.json()) as { access: string }).access
    }
    return { file, ada: await signIn('ada'), bob: await signIn('bob'), adasApiToken }
  } finally {
    await auth.close()
  }
}
