import { hash } from 'node:crypto'
import { type Answer, html as htmlAnswer } from '../http/answer.ts'
import type { Header } from '../http/request.ts'
import { type HtmlValue, html, trusted } from './html.ts'

const STYLE = `:root { color-scheme: light dark; background: light-dark(#fff, #121416); color: light-dark(#1b1f23, #e6e8ea) }
body { margin: 0 auto; padding: 1.5rem; max-width: 44rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
a { color: light-dark(#0b57d0, #8ab4f8) }
ul { padding-left: 1.2rem }
li { margin: .3rem 0 }
pre { overflow-x: auto; padding: .8rem; border: 1px solid GrayText; border-radius: .4rem; line-height: 1.4 }
h1, h2 { line-height: 1.2 }`

const STYLE_ELEMENT = trusted(`<style>${STYLE}</style>`)

const HEADERS: readonly Header[] = [
  [
    'Content-Security-Policy',
    [
      "default-src 'none'",
      `style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`,
      'img-src data:',
      "form-action 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
  ],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
]

/** A page of the stand-alone server, in English, which loads no other file. */
export function plainPage(
  title: string,
  main: HtmlValue,
  headers: readonly Header[] = [],
): Answer {
  const text = String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${STYLE_ELEMENT}
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`)
  return htmlAnswer(text, { headers: [...HEADERS, ...headers] })
}
