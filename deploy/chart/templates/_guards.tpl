{{/* Refuses values that the API server would accept but that cannot work, all of them at once. */}}
{{- define "dockerhost-operator.guards" -}}
{{- $problems := list -}}
{{- range list "names" "duplicates" "ports" "times" "podSpec" "monitoring" "notify" "page" -}}
{{- $text := include (printf "dockerhost-operator.guard.%s" .) $ | trim -}}
{{- if $text -}}{{- $problems = concat $problems (splitList "\n" $text) -}}{{- end -}}
{{- end -}}
{{- if $problems -}}{{- printf "\n- %s" (join "\n- " $problems) | fail -}}{{- end -}}
{{- end -}}

{{- define "dockerhost-operator.guard.names" -}}
{{- $name := include "dockerhost-operator.fullname" . -}}
{{- range default (list dict) .Values.shards }}
{{- $deployment := include "dockerhost-operator.deploymentName" (dict "root" $ "shard" .) }}
{{- if gt (len $deployment) 63 }}
The name {{ $deployment | quote }} has {{ len $deployment }} characters, but only 63 are allowed; set fullnameOverride to a shorter one
{{- else if and (gt (len $deployment) 58) (include "dockerhost-operator.sharesPage" $) }}
The name {{ $deployment | quote }} has {{ len $deployment }} characters, but only 58 are allowed with page.auth, which adds -page for a Service; set fullnameOverride to a shorter one
{{- end }}
{{- end }}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $name) }}
The name {{ $name | quote }} contains a dot, which the name of a Service cannot; set fullnameOverride to a name of lower-case letters, digits and dashes
{{- end }}
{{- end -}}

{{/* The entries of a list that are in it more than once. */}}
{{- define "dockerhost-operator.repeated" -}}
{{- $seen := dict -}}
{{- $repeated := list -}}
{{- range . -}}
{{- if hasKey $seen . -}}{{- $repeated = append $repeated (quote .) -}}{{- end -}}
{{- $_ := set $seen . true -}}
{{- end -}}
{{- uniq $repeated | join ", " -}}
{{- end -}}

{{/* The values of one field of several objects, as a list in JSON. */}}
{{- define "dockerhost-operator.each" -}}
{{- $found := list -}}
{{- $field := .field -}}
{{- range .of -}}{{- with get . $field -}}{{- $found = append $found (toString .) -}}{{- end -}}{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "dockerhost-operator.guard.duplicates" -}}
{{- $values := .Values -}}
{{- $own := dict "name" "service-account" "mountPath" (include "dockerhost-operator.serviceAccountFolder" .) -}}
{{- $mounts := list $own -}}
{{- $volumes := list $own -}}
{{- $env := list (dict "name" "NODE_OPTIONS") -}}
{{- if $values.caBundle.configMap -}}
{{- $bundle := dict "name" "ca-bundle" "mountPath" (include "dockerhost-operator.caBundleFile" . | dir) -}}
{{- $mounts = append $mounts $bundle -}}
{{- $volumes = append $volumes $bundle -}}
{{- $env = append $env (dict "name" "NODE_EXTRA_CA_CERTS") -}}
{{- end -}}
{{- if include "dockerhost-operator.mountsMetricsCert" . -}}
{{- $certificate := dict "name" "metrics-cert" "mountPath" (include "dockerhost-operator.metricsCertFolder" .) -}}
{{- $mounts = append $mounts $certificate -}}
{{- $volumes = append $volumes $certificate -}}
{{- end -}}
{{- if include "dockerhost-operator.mountsPageCert" . -}}
{{- $certificate := dict "name" "page-cert" "mountPath" (include "dockerhost-operator.pageCertFolder" .) -}}
{{- $mounts = append $mounts $certificate -}}
{{- $volumes = append $volumes $certificate -}}
{{- end -}}
{{- if $values.registryProxy.authSecret -}}
{{- $credentials := dict "name" "registry-proxy" "mountPath" (include "dockerhost-operator.proxyAuthFolder" .) -}}
{{- $mounts = append $mounts $credentials -}}
{{- $volumes = append $volumes $credentials -}}
{{- end -}}
{{- if $values.notify.secret -}}
{{- $webhook := dict "name" "notify" "mountPath" (include "dockerhost-operator.notifyFolder" .) -}}
{{- $mounts = append $mounts $webhook -}}
{{- $volumes = append $volumes $webhook -}}
{{- $env = concat $env (include "dockerhost-operator.notifyEnv" . | fromYamlArray) -}}
{{- end -}}
{{- $containers := concat (list (dict "name" "controller")) $values.extraContainers $values.initContainers -}}
{{- $checks := list
  (list "shards have the name" $values.shards "name")
  (list "shards have the labelSelector" $values.shards "labelSelector")
  (list "containers have the name" $containers "name")
  (list "volumes have the name" (concat $volumes $values.extraVolumes) "name")
  (list "volume mounts have the mountPath" (concat $mounts $values.extraVolumeMounts) "mountPath")
  (list "environment variables have the name" (concat $env $values.extraEnv) "name")
-}}
{{- range $check := $checks }}
{{- $entries := include "dockerhost-operator.each" (dict "of" (index $check 1) "field" (index $check 2)) | fromJsonArray }}
{{- with include "dockerhost-operator.repeated" $entries }}
Several {{ index $check 0 }} {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "dockerhost-operator.guard.ports" -}}
{{- $values := .Values -}}
{{- $ports := dict (toString $values.probes.port) "probes.port" -}}
{{- if $values.metrics.enabled }}
{{- $port := toString $values.metrics.port }}
{{- with get $ports $port }}
metrics.port and {{ . }} are both {{ $port }}; choose different ports
{{- end }}
{{- $_ := set $ports $port "metrics.port" }}
{{- end }}
{{- if $values.page.enabled }}
{{- with get $ports "8090" }}
{{ . }} is 8090, the port of the page; choose another port
{{- end }}
{{- if and $values.hostNetwork (eq $values.page.auth "none") }}
page.enabled would offer the page to everybody on the node, since hostNetwork is true; set page.auth to kubernetes, or one of the others to false
{{- end }}
{{- $_ := set $ports "8090" "the port of the page" }}
{{- end }}
{{- range $container := $values.extraContainers }}
{{- range $container.ports }}
{{- $port := toString .containerPort }}
{{- with get $ports $port }}
A port of the container {{ $container.name | quote }} and {{ . }} are both {{ $port }}; the containers of a pod cannot share a port
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A duration in milliseconds. */}}
{{- define "dockerhost-operator.milliseconds" -}}
{{- $units := dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 "d" 86400000.0 "w" 604800000.0 "y" 31536000000.0 -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9.]+[a-z]+" . -1 -}}
{{- $number := regexFind "[0-9.]+" . -}}
{{- $total = addf $total (mulf (float64 $number) (get $units (trimPrefix $number .))) -}}
{{- end -}}
{{- $total -}}
{{- end -}}

{{- define "dockerhost-operator.guard.times" -}}
{{- $values := .Values -}}
{{- $election := $values.leaderElection -}}
{{- $lease := include "dockerhost-operator.milliseconds" $election.leaseDuration | float64 -}}
{{- $renew := include "dockerhost-operator.milliseconds" $election.renewDeadline | float64 -}}
{{- $retry := include "dockerhost-operator.milliseconds" $election.retryPeriod | float64 -}}
{{- $grace := include "dockerhost-operator.milliseconds" $values.gracefulShutdownTimeout | float64 -}}
{{- if not (gt $retry 0.0) }}
leaderElection.retryPeriod must be longer than 0s
{{- end }}
{{- if ne $lease (mulf 1000.0 (floor (divf $lease 1000.0))) }}
leaderElection.leaseDuration ({{ $election.leaseDuration }}) must be whole seconds, because a Lease cannot store fractions
{{- end }}
{{- if le $lease $renew }}
leaderElection.leaseDuration ({{ $election.leaseDuration }}) must be longer than leaderElection.renewDeadline ({{ $election.renewDeadline }}), or two pods could lead at the same time
{{- end }}
{{- if le $renew (mulf 1.2 $retry) }}
leaderElection.renewDeadline ({{ $election.renewDeadline }}) must be longer than 1.2 x leaderElection.retryPeriod ({{ $election.retryPeriod }})
{{- end }}
{{- if lt (mulf 1000.0 $values.terminationGracePeriodSeconds) (addf $grace 15000.0) }}
terminationGracePeriodSeconds ({{ $values.terminationGracePeriodSeconds }}) must be at least 15 s longer than gracefulShutdownTimeout ({{ $values.gracefulShutdownTimeout }}), or the kubelet kills a pod that is still stopping
{{- end }}
{{- end -}}

{{- define "dockerhost-operator.guard.podSpec" -}}
{{- $instead := dict
  "affinity" "affinity"
  "automountServiceAccountToken" "extraVolumes, to mount a token into other containers"
  "containers" "extraContainers"
  "dnsConfig" "dnsConfig"
  "dnsPolicy" "dnsPolicy"
  "enableServiceLinks" "extraEnv, to add variables"
  "hostAliases" "hostAliases"
  "hostNetwork" "hostNetwork"
  "imagePullSecrets" "imagePullSecrets"
  "initContainers" "initContainers"
  "nodeSelector" "nodeSelector"
  "priorityClassName" "priorityClassName"
  "securityContext" "podSecurityContext"
  "serviceAccount" "serviceAccount.name"
  "serviceAccountName" "serviceAccount.name"
  "terminationGracePeriodSeconds" "terminationGracePeriodSeconds"
  "tolerations" "tolerations"
  "topologySpreadConstraints" "topologySpreadConstraints"
  "volumes" "extraVolumes"
-}}
{{- range $field := keys .Values.extraPodSpec | sortAlpha }}
{{- with get $instead $field }}
extraPodSpec.{{ $field }} is not possible, because the chart sets this field; use the value {{ . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "dockerhost-operator.guard.notify" -}}
{{- with .Values.notify -}}
{{- if and .secret (eq .format "cloudevents") (not .signingKey) }}
notify.format cloudevents needs notify.signingKey: put a key into the Secret {{ .secret | quote }}, and name its entry here
{{- end }}
{{- end }}
{{- end -}}

{{- define "dockerhost-operator.guard.page" -}}
{{- with .Values.page -}}
{{- if and (eq .auth "kubernetes") (not .enabled) }}
page.auth kubernetes needs page.enabled
{{- end }}
{{- if and .certSecret (ne .auth "kubernetes") }}
page.certSecret needs page.auth kubernetes
{{- end }}
{{- if and .readers (ne .auth "kubernetes") }}
page.readers needs page.auth kubernetes
{{- end }}
{{- end }}
{{- end -}}

{{- define "dockerhost-operator.guard.monitoring" -}}
{{- $monitor := .Values.metrics.serviceMonitor -}}
{{- $rule := .Values.prometheusRule -}}
{{- if and $monitor.enabled (not .Values.metrics.enabled) }}
metrics.serviceMonitor.enabled needs metrics.enabled
{{- end }}
{{- if and .Values.dashboards.enabled (not .Values.metrics.enabled) }}
dashboards.enabled needs metrics.enabled
{{- end }}
{{- if and .Values.metrics.secure.enabled (not .Values.metrics.enabled) }}
metrics.secure.enabled needs metrics.enabled
{{- end }}
{{- if gt (include "dockerhost-operator.milliseconds" $monitor.scrapeTimeout | float64) (include "dockerhost-operator.milliseconds" $monitor.interval | float64) }}
metrics.serviceMonitor.scrapeTimeout ({{ $monitor.scrapeTimeout }}) must not be longer than metrics.serviceMonitor.interval ({{ $monitor.interval }})
{{- end }}
{{- if ge (float64 $rule.thresholds.certificateCriticalDays) (float64 $rule.thresholds.certificateWarningDays) }}
prometheusRule.thresholds.certificateCriticalDays must be less than prometheusRule.thresholds.certificateWarningDays
{{- end }}
{{- if $rule.enabled }}
{{- if not .Values.metrics.enabled }}
prometheusRule.enabled needs metrics.enabled
{{- else if not (or $monitor.enabled $rule.selector) }}
prometheusRule.enabled needs metrics.serviceMonitor.enabled; if another configuration scrapes the pods, set prometheusRule.selector to the labels of its targets
{{- end }}
{{- end }}
{{- end -}}
