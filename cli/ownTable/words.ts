const maxListed = 20;

export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first of some names or reasons, and how many more there are. */
export function firstOf(texts: readonly string[]): readonly string[] {
  const more = texts.length - maxListed;
  return more > 0 ? [...texts.slice(0, maxListed), `${more} more`] : texts;
}

/** A text from a file, for messages and comments: short, on one line, without control characters. */
export function shown(text: string, maxLength = 60): string {
  const plain = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD");
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}
