#!/usr/bin/env bash
# twinit: backup. Before an upgrade. Databases, buckets and the broker are backed up by their own means.
#
#   runbook/backup.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-twinit}
here=$(cd "$(dirname "$0")/.." && pwd)
kube() { kubectl --namespace "$namespace" "$@"; }
refused() { echo "refused: $*" >&2; exit 2; }
command -v kubectl >/dev/null || refused "there is no kubectl on the path"
folder=${1:-}
[[ -n $folder ]] || refused "name the folder of the backup"

# NAME REPLICAS of what was stopped.
stopped=()
start() {
    for one in "${stopped[@]}"; do
        read -r name replicas <<<"$one"
        kube scale "$name" --replicas "$replicas"
    done
    stopped=()
}
trap start EXIT
stop() {
    local replicas
    kube get "$1" >/dev/null 2>&1 || return 0
    replicas=$(kube get "$1" --output 'jsonpath={.spec.replicas}')
    stopped+=("$1 $replicas")
    kube scale "$1" --replicas 0
    local pods="app.kubernetes.io/name=${1#*/}"
    [[ -z $(kube get pods --selector "$pods" --output name) ]] || kube wait --for delete pod --selector "$pods" --timeout 15m
}
stop_all() {
    stop deployment/dtplatform-aisvc
    stop deployment/dtplatform-datasourcesvc
    stop deployment/dtplatform-filesvc
    stop deployment/dtplatform-itemsvc
    stop deployment/dtplatform-itemsvc-telemetry-worker
    stop deployment/dtplatform-itemsvc-worker
    stop deployment/dtplatform-objectmodelsvc
    stop deployment/dtplatform-passportsvc
    stop deployment/dtplatform-platform-notificationsvc-api
    stop deployment/dtplatform-platform-notificationsvc-worker
    stop deployment/dtplatform-scriptworker
    stop deployment/dtplatform-staticwebsvc
    stop deployment/dtplatform-workbench
    stop deployment/dtplatform-workflowsvc-api
    stop deployment/dtplatform-workflowsvc-backend
    stop deployment/dtplatform-workflowwkr-backend
    stop deployment/dtconsole-console-web
    stop deployment/dtplugins-plugins-web
    stop deployment/dtreference-reference-web
    stop statefulset/dtplatform-scriptmanager
}
# A pod with the volume of a stateful set that was stopped.
with_volume() {
    kube apply --filename "$here/runbook/volume-$1.yaml"
    kube wait --for condition=Ready "pod/$1-volume" --timeout 5m
}
without_volume() { kube delete pod "$1-volume" --wait; }

echo '== 1. Copy what would be lost'
mkdir -p "$folder/secrets"
[[ ! -e $folder/complete ]] || refused "$folder holds a backup already"
if kube get secret aisvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"aisvc"},"type":"Opaque","data":%s}\n' "$(kube get secret aisvc --output 'jsonpath={.data}')" >"$folder/secrets/aisvc.json"
fi
if kube get secret datasourcesvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"datasourcesvc"},"type":"Opaque","data":%s}\n' "$(kube get secret datasourcesvc --output 'jsonpath={.data}')" >"$folder/secrets/datasourcesvc.json"
fi
if kube get secret filesvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"filesvc"},"type":"Opaque","data":%s}\n' "$(kube get secret filesvc --output 'jsonpath={.data}')" >"$folder/secrets/filesvc.json"
fi
if kube get secret identity-signing >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"identity-signing"},"type":"Opaque","data":%s}\n' "$(kube get secret identity-signing --output 'jsonpath={.data}')" >"$folder/secrets/identity-signing.json"
fi
if kube get secret itemsvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"itemsvc"},"type":"Opaque","data":%s}\n' "$(kube get secret itemsvc --output 'jsonpath={.data}')" >"$folder/secrets/itemsvc.json"
fi
if kube get secret notificationsvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"notificationsvc"},"type":"Opaque","data":%s}\n' "$(kube get secret notificationsvc --output 'jsonpath={.data}')" >"$folder/secrets/notificationsvc.json"
fi
if kube get secret objectmodelsvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"objectmodelsvc"},"type":"Opaque","data":%s}\n' "$(kube get secret objectmodelsvc --output 'jsonpath={.data}')" >"$folder/secrets/objectmodelsvc.json"
fi
if kube get secret passportsvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"passportsvc"},"type":"Opaque","data":%s}\n' "$(kube get secret passportsvc --output 'jsonpath={.data}')" >"$folder/secrets/passportsvc.json"
fi
if kube get secret scripts >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"scripts"},"type":"Opaque","data":%s}\n' "$(kube get secret scripts --output 'jsonpath={.data}')" >"$folder/secrets/scripts.json"
fi
if kube get secret workflowsvc >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"workflowsvc"},"type":"Opaque","data":%s}\n' "$(kube get secret workflowsvc --output 'jsonpath={.data}')" >"$folder/secrets/workflowsvc.json"
fi
stop_all
if kube get statefulset dtplatform-scriptmanager >/dev/null 2>&1; then
    with_volume dtplatform-scriptmanager
    kube exec dtplatform-scriptmanager-volume -- tar -c -f - -C /data . >"$folder/dtplatform-scriptmanager.tar"
    without_volume dtplatform-scriptmanager
fi
start
# The last thing that is written: without it, the backup is none.
date --utc --iso-8601=seconds >"$folder/complete"
