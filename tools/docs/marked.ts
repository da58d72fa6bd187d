/**
 * Replaces the text between two markers in a document.
 *
 * @param name the name in the markers
 * @throws Error if the document lacks the markers
 */
export function withMarked(document: string, name: string, text: string): string {
  const begin = `<!-- ${name}: written by \`npm run docs\` -->`;
  const end = `<!-- end of ${name} -->`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`the document lacks ${begin} and ${end}`);
  }
  return `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`;
}
