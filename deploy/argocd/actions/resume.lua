-- Has the controller look after the host again.
obj.spec = obj.spec or {}
obj.spec.suspend = false
return obj
