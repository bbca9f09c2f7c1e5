/**
 * Texts that become code in a page which forgets to escape them: in text, in attributes with and without quotes, in addresses, in
 * scripts and styles, and across the end of an element. After OWASP's filter evasion cheat sheet.
 */
export const XSS: readonly string[] = [
  '<script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '</textarea><svg onload=alert(1)>',
  '"><img src=x onerror=alert(1)>',
  "'><img src=x onerror=alert(1)>",
  '" autofocus onfocus="alert(1)',
  "' autofocus onfocus='alert(1)",
  '<a href="javascript:alert(1)">x</a>',
  '<iframe srcdoc="<b>x</b>">',
  '<math><mi xlink:href="data:x">',
  '<!--><img src=x onerror=alert(1)>-->',
  '--><script>alert(1)</script>',
  ']]><script>alert(1)</script>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<scr<script>ipt>alert(1)</script>',
  '<img src="x" ONERROR = alert(1) >',
  '<style>@import "x"</style>',
  '<form action="https://evil.example"><button>x',
  '<base href="https://evil.example/">',
  '<svg><script>alert(1)</script></svg>',
]

/** Whether a text stands in a page as it is, and not escaped: then it is markup. */
export const isMarkupIn = (page: string, text: string): boolean => page.includes(text)

/** A text as a page has it. */
export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
