// Next itself is linked from the matrix's tools, and Turbopack wants everything below one root.
export default { turbopack: { root: "/" }, outputFileTracingRoot: "/" };
