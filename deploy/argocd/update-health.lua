-- The health of a ContainerUpdate for Argo CD. One that waits for its host is not yet a failure, but a daemon that went
-- away in the middle is: a container may be stopped.
if obj.status == nil or obj.status.conditions == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for the controller" }
end

local ready = nil
local stalled = false
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then
    ready = condition
  end
  if condition.type == "Stalled" and condition.status == "True" then
    stalled = true
  end
end

if ready == nil then
  return { status = "Progressing", message = "Waiting for the controller" }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
if stalled or ready.reason == "UpdateInterrupted" then
  return { status = "Degraded", message = ready.message }
end
if ready.reason == "HostSuspended" then
  return { status = "Suspended", message = ready.message }
end
return { status = "Progressing", message = ready.message }
