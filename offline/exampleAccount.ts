/** The account that names carry if nobody has one: the one of AWS's own examples. */
export const exampleAccountId = "111122223333";
