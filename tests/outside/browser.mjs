#!/usr/bin/env node
// A person at a headless Chromium: node browser.mjs ADDRESS. Fills the forms that come, as BROWSER_DECISION says (agree, or
// decline), until the loopback address of the console has answered. Writes what it saw to the file BROWSER_LOG, as a line of
// JSON for each page: its address without the query, and its text; the last one is marked as the end, or carries the error.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(process.env.NODE_PATH + '/');
const { chromium } = require('playwright-core');
const [address] = process.argv.slice(2);
const isDeclining = process.env.BROWSER_DECISION === 'decline';
const person = { name: process.env.BROWSER_USER ?? 'keanu', password: process.env.BROWSER_PASSWORD ?? 'whatever' };
const log = (entry) => appendFileSync(process.env.BROWSER_LOG, JSON.stringify(entry) + '\n');

// What a person clicks to say no: oidc-provider's link, the buttons of the embedded stack's pages.
const NO = 'a[href$="/abort"], button[name="deny"], button[value="decline"]';

async function answer(page) {
  if (isDeclining) {
    return page.locator(NO).first().click();
  }
  const name = page.locator('input[name="login"], input[name="username"]');
  if (await name.count()) {
    await name.first().fill(person.name);
    await page.locator('input[type="password"]').first().fill(person.password);
  }
  return page.locator('form button[type="submit"]').first().click();
}

const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
let context;
let end = { error: 'the forms did not end' };
try {
  context = await chromium.launchPersistentContext(folder, {
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
  const page = context.pages()[0] ?? await context.newPage();
  await page.goto(address, { waitUntil: 'load', timeout: 30_000 });
  for (let step = 0; step < 6; step += 1) {
    const here = page.url();
    const { origin, pathname } = new URL(here);
    log({ page: origin + pathname, title: await page.title(), text: (await page.locator('body').innerText()).slice(0, 500) });
    if (!(await page.locator('form').count())) {
      end = { end: origin + pathname };
      break;
    }
    await Promise.all([page.waitForURL((url) => url.href !== here, { waitUntil: 'load', timeout: 30_000 }), answer(page)]);
  }
} catch (error) {
  end = { error: String(error) };
} finally {
  await context?.close();
  rmSync(folder, { recursive: true, force: true });
  log(end);
}
