{{/* What the Deployment's pod and the CronJob's have in common: who they are and what they see. */}}

{{- define "rosterd.podSecurity" -}}
serviceAccountName: {{ include "rosterd.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "rosterd.container" -}}
name: rosterd
image: {{ include "rosterd.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - name: ROSTERD_CONFIG
    value: /etc/rosterd/rosterd.yaml
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  # A folder, not one file with subPath: only folders follow a changed ConfigMap.
  - name: config
    mountPath: /etc/rosterd
    readOnly: true
  {{- if .Values.secretNames }}
  - name: secrets
    mountPath: /run/secrets/rosterd
    readOnly: true
  {{- end }}
  {{- if include "rosterd.sqlite" . }}
  - name: data
    mountPath: /var/lib/rosterd
  {{- end }}
  - name: tmp
    mountPath: /tmp
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "rosterd.volumes" -}}
- name: config
  configMap:
    name: {{ include "rosterd.name" . }}
{{- if .Values.secretNames }}
- name: secrets
  projected:
    # rosterd refuses a secret that everybody could read; its group is the pod's fsGroup.
    defaultMode: 0440
    sources:
      {{- range .Values.secretNames }}
      - secret:
          name: {{ . }}
      {{- end }}
{{- end }}
{{- if include "rosterd.sqlite" . }}
- name: data
  persistentVolumeClaim:
    claimName: {{ default (include "rosterd.name" .) .Values.persistence.existingClaim }}
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
