/** How many optimiser steps a lesson trains before it stops by itself; going on trains as many more. */
export const STEPS_OF_RUN = { gestures: 200, text: 1000, forecast: 300 } as const;
