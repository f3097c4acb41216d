-- Has the controller leave the host alone.
obj.spec = obj.spec or {}
obj.spec.suspend = true
return obj
