/** The account that names carry where nobody has one: the one of AWS's own examples. */
export const exampleAccountId = "111122223333";
