// A browser driven by lines of JSON: one command a line on stdin, one answer a line on stdout. It ends with stdin.
//
// MODULES: where playwright-core is. CHROMIUM: the browser. SECONDS: how long anything is waited for. A command is
// {do, …}, see `commands`; an answer {ok} or {error}, and an error says what the page showed.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { chromium } = createRequire(process.env.MODULES + '/')('playwright-core');
const timeout = Number(process.env.SECONDS) * 1000;
// What a page shows in an error: enough to see which page it is.
const SHOWN = 2000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    // Root, as in most containers, has no sandbox; there, /dev/shm is small, too.
    '--no-sandbox', '--disable-dev-shm-usage',
    // This machine and nobody else: names lead nowhere, nor do addresses, and nothing is asked for by itself.
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
    '--no-proxy-server', '--disable-background-networking', '--disable-component-update', '--disable-domain-reliability',
    '--disable-sync', '--no-first-run', '--no-pings',
  ],
});

let context, page, hops, errors;

async function fresh() {
  await context?.close();
  // Certificates are the tests' own authority's, which the browser does not know.
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(timeout);
  page = await context.newPage();
  hops = [];
  errors = [];
  page.on('console', (message) => { if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`); });
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('response', (response) => {
    const request = response.request();
    if (!request.isNavigationRequest() || response.frame() !== page.mainFrame()) return;
    // Lists of pairs, because a header may stand several times (Set-Cookie).
    const headers = response.headersArray().then((all) => all.map(({ name, value }) => [name.toLowerCase(), value]), () => []);
    hops.push({ method: request.method(), url: response.url(), status: response.status(), headers });
  });
}

const text = () => page.innerText('body');
const commands = {
  fresh,
  text,
  go: async ({ url }) => { hops.length = 0; await page.goto(url, { waitUntil: 'load' }); },
  fill: ({ field, value }) => page.fill(`[name="${field}"]:visible`, value),
  press: ({ label }) => {
    const [button, link] = ['button', 'link'].map((role) => page.getByRole(role, { name: label }));
    return button.or(link).first().click();
  },
  url: () => page.url(),
  html: () => page.content(),
  wait_for_url: ({ part }) => page.waitForURL((url) => url.href.includes(part)).then(() => page.url()),
  wait_for_text: ({ words }) => page.getByText(words).first().waitFor().then(text),
  script: ({ code }) => page.evaluate(code),
  cookies: () => context.cookies(),
  errors: () => errors,
  hops: () => Promise.all(hops.map(async (hop) => ({ ...hop, headers: await hop.headers }))),
};

async function shown() {
  const showing = await text().catch((error) => `nothing that can be read: ${error.message}`);
  const way = hops.map(({ method, url, status }) => `${method} ${url} ${status}`).join('\n');
  return `at ${page.url()}, which shows\n${showing.slice(0, SHOWN)}\nand came there by\n${way}`;
}

await fresh();
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { ok: (await commands[command.do](command)) ?? null };
  } catch (error) {
    answer = { error: `${line}: ${error.message}\n${await shown()}` };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
await browser.close();
