import { html, raw, type Html } from './html.js';
import { style } from './style.js';

/** A report as one HTML file: no scripts, nothing fetched, pictures inside. */
export function page(title: string, body: Html): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Trellis lab</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>
          ${body}
          <footer>Written by Trellis lab. Nothing on this page is loaded from elsewhere.</footer>
        </main>
      </body>
    </html> `;
  // Indentation of this file is of no use in the page; preformatted text has none of it.
  return `${document.html.trim()}\n`;
}

/** `23 November 2026, 14:05 UTC`. */
export function when(iso: string): string {
  const date = new Date(iso);
  const day = date.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}

/** A figure with a line of words below it. */
export function tile(figure: Html | string, what: string): Html {
  return html`<div class="tile">
    <div class="figure">${figure}</div>
    <div class="what">${what}</div>
  </div>`;
}
