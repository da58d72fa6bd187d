/** The account in names when there is no real account: the one of AWS's own examples. */
export const exampleAccountId = "111122223333";
