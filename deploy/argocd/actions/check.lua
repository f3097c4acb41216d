-- Connects to the host and checks its images now. Argo CD's Lua has `os` for code that requires it.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["dockerhost.dev/requestedAt"] = os.date("!%Y-%m-%dT%XZ")
return obj
