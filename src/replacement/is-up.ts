/** Whether a container in this state has a process. */
export function isUp(status: string): boolean {
  return status === "running" || status === "restarting" || status === "paused";
}
