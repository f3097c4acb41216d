-- The health of a DockerHost for Argo CD. A Secret that is missing may still come with the same sync: not yet a failure.
local may_still_come = {
  SecretNotFound = true,
  SecretKeyMissing = true,
  ClientKeyPairIncomplete = true,
  SecretUnreadable = true,
}

local function ready_condition()
  if obj.status == nil or obj.status.conditions == nil then
    return nil
  end
  for _, condition in ipairs(obj.status.conditions) do
    if condition.type == "Ready" then
      return condition
    end
  end
  return nil
end

if obj.spec ~= nil and obj.spec.suspend == true then
  return { status = "Suspended", message = "spec.suspend is true" }
end

local ready = ready_condition()
if ready == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "Waiting for the controller" }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
if ready.status ~= "False" or may_still_come[ready.reason] then
  return { status = "Progressing", message = ready.message }
end
return { status = "Degraded", message = ready.message }
