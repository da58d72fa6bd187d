import { readFileSync } from "node:fs";
import { join } from "node:path";

import { html, Html } from "./html";

/** Nothing runs in the page and nothing is loaded, whatever the names of tables and steps contain. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

function styles(): Html {
  const files = ["theme.css", "graph.css", "page.css"];
  return new Html(files.map((file) => readFileSync(join(__dirname, file), "utf8")).join("\n"));
}

/** A self-contained page. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${styles()}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `.text;
}
