import { authOf } from './program.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'

export interface SeededDatabase {
  /** A database with the users ada, an editor, and bob, without a role. Both have signed in; ada has an API token. */
  readonly file: string
  readonly ada: string
  readonly bob: string
  readonly adasApiToken: string
}

export async function seed(file: string): Promise<SeededDatabase> {
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
