{{/* Names and what several templates decide alike. */}}

{{- define "rosterd.name" -}}
{{- if contains "rosterd" .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-rosterd" .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "rosterd.selector" -}}
app.kubernetes.io/name: rosterd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rosterd.labels" -}}
{{ include "rosterd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "rosterd.serviceAccount" -}}
{{ default (include "rosterd.name" .) .Values.serviceAccount.name }}
{{- end -}}

{{- define "rosterd.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{/* "true" with SQLite, "" with PostgreSQL. */}}
{{- define "rosterd.sqlite" -}}
{{- if hasPrefix "sqlite:" .Values.config.database.url }}true{{ end -}}
{{- end -}}

{{/* The port of an address: 0.0.0.0:7171, [::]:7171. */}}
{{- define "rosterd.port" -}}
{{- $port := regexFind "[0-9]+$" . -}}
{{- if or (hasPrefix "127." .) (hasPrefix "[::1]" .) (hasPrefix "localhost" .) -}}
{{- fail (printf "config: %s is reachable from its own pod only; write 0.0.0.0:%s or [::]:%s" . $port $port) -}}
{{- end -}}
{{ $port }}
{{- end -}}

{{- define "rosterd.httpListen" -}}
{{- if .Values.config.http }}{{ .Values.config.http.listen }}{{ end -}}
{{- end -}}
