/** Whether an address to listen on can be reached only from the machine itself. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether the header Host of a request names the machine itself. A page of another site can let its own name resolve to
 * a loopback address (DNS rebinding), and would then read this one.
 */
export function namesLoopback(header: string | undefined): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:]+)(:\d{1,5})?$/i.exec(header ?? "")?.[1] ?? "";
  return isLoopback(name.replace(/^\[|\]$/g, "").toLowerCase());
}
