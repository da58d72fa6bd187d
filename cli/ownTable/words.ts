export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** A text of a file in messages and comments: short, on one line, and without what a terminal would obey. */
export function shown(text: string, maxLength = 60): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD");
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}
