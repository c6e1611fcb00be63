/** How many steps the page runs: more could not be told apart in a heat map as wide as a phone. */
export const MAX_STEPS = 256;
