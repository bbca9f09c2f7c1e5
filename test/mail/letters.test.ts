import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layOut } from '../../src/features/mail/layout.ts'
import { LANGUAGES, languageOf } from '../../src/features/mail/templates/languages.ts'
import type {
  Language,
  MailTemplates,
  TemplateData,
} from '../../src/features/mail/templates/template.ts'
import { testInstance } from '../../src/testing/index.ts'

const WITH_LINK: TemplateData = {
  link: 'https://app.example.com/a?b=1&c=2#secret',
  minutes: 60,
  newAddress: 'new@example.com',
}
const WITH_CODE: TemplateData = { code: '024680', minutes: 10 }

/** They say what has happened, and lead nowhere. */
const NOTICES = [
  'accountActivated',
  'passwordChanged',
  'usernameChanged',
  'factorsChanged',
  'identityConnected',
  'identityDisconnected',
]

const isMail = (name: string): name is keyof MailTemplates => !/phone|sms/i.test(name)

for (const [language, templates] of Object.entries(LANGUAGES)) {
  test(`every mail in ${language} has its link, or its code, in both texts`, () => {
    for (const name of Object.keys(templates).filter(isMail)) {
      const linked = layOut(templates[name](WITH_LINK, 'Example'), 'Example')
      const coded = layOut(templates[name](WITH_CODE, 'Example'), 'Example')
      assert.ok(linked.subject.includes('Example'), name)
      if (NOTICES.includes(name)) continue
      assert.ok(linked.text.includes(`\n${WITH_LINK.link}\n`), name)
      assert.ok(
        linked.html.includes('href="https://app.example.com/a?b=1&amp;c=2#secret"'),
        name,
      )
      assert.ok(coded.text.includes('\n024680\n'), name)
      assert.ok(coded.html.includes('>024680<'), name)
      assert.doesNotMatch(linked.text + linked.html, /undefined|NaN/)
    }
  })

  test(`every text message in ${language} begins with its code`, () => {
    const { verifyPhone, signInSms } = templates
    for (const template of [verifyPhone, signInSms])
      assert.match(template(WITH_CODE, 'Example'), /^024680 .*Example\.$/)
  })
}

test('the languages have the same templates, and none says the same as another', () => {
  const { en, de } = LANGUAGES
  assert.deepEqual(Object.keys(en), Object.keys(de))
  for (const name of Object.keys(en).filter(isMail))
    assert.notEqual(en[name](WITH_LINK, 'X').subject, de[name](WITH_LINK, 'X').subject)
})

test('markup in a name is text in the mail, and a line end in it adds no header', () => {
  const app = '<img src=x onerror=alert(1)>\r\nBcc: mallory@example.com'
  const { subject, html } = layOut(LANGUAGES.en.invitation(WITH_LINK, app), app)
  assert.doesNotMatch(html, /<img/)
  assert.match(html, /&lt;img src=x/)
  assert.doesNotMatch(subject, /[\r\n]/)
})

const CHOSEN: readonly (readonly [own: unknown, header: string | undefined, Language])[] =
  [
    [undefined, undefined, 'en'],
    ['de', 'en', 'de'],
    ['de-AT', undefined, 'de'],
    ['fr', 'de;q=0.5, fr', 'de'],
    [undefined, 'en;q=0.3, de-CH;q=0.9', 'de'],
    [undefined, 'de;q=0, en', 'en'],
    [7, '*', 'en'],
    [undefined, `${'x,'.repeat(5000)}de`, 'en'],
    ['constructor', '__proto__', 'en'],
  ]
for (const [own, header, expected] of CHOSEN)
  test(`the language of ${String(own)} with "${header?.slice(0, 30)}" is ${expected}`, () => {
    assert.equal(languageOf(own, header), expected)
  })

test('text messages have texts of their own without the option mail', async () => {
  await using app = testInstance({
    sms: {
      send: () => undefined,
      name: 'Shop',
      templates: { signInSms: ({ code }, name) => `${name}: ${code}` },
    },
    accounts: { signInCodes: true },
    url: 'https://app.example.com',
  })
  await app.auth.users.create({ username: 'ada', phone: '+351912345678' })
  await app.auth.handler(
    new Request('http://localhost/auth/code/', {
      method: 'POST',
      body: new URLSearchParams({ phone: '+351912345678' }),
    }),
  )
  const [sms] = await app.sms()
  assert.match(sms?.text ?? '', /^Shop: \d{6}$/)
})
