#!/usr/bin/env bash
# ampoule: backup. Before an upgrade, and as often as jobs may be lost.
#
#   runbook/backup.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-ampoule}
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
    stop deployment/ampoule-manager
    stop deployment/ampoule-worker
    stop statefulset/ampoule-manager
}
# A pod with the volume of a stateful set that was stopped.
with_volume() {
    kube apply --filename "$here/runbook/volume-$1.yaml"
    kube wait --for condition=Ready "pod/$1-volume" --timeout 5m
}
without_volume() { kube delete pod "$1-volume" --wait; }
# SECRET KEY: a URL that is a secret. It is seen in the list of this machine's processes while a dump runs.
url() { kube get secret "$1" --output "jsonpath={.data.$2}" | base64 -d; }

echo '== 1. Copy what would be lost'
mkdir -p "$folder/secrets"
[[ ! -e $folder/complete ]] || refused "$folder holds a backup already"
if kube get secret ampoule-bucket >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ampoule-bucket"},"type":"Opaque","data":%s}\n' "$(kube get secret ampoule-bucket --output 'jsonpath={.data}')" >"$folder/secrets/ampoule-bucket.json"
fi
if kube get secret ampoule-database >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ampoule-database"},"type":"Opaque","data":%s}\n' "$(kube get secret ampoule-database --output 'jsonpath={.data}')" >"$folder/secrets/ampoule-database.json"
fi
if kube get secret ampoule-keys >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ampoule-keys"},"type":"Opaque","data":%s}\n' "$(kube get secret ampoule-keys --output 'jsonpath={.data}')" >"$folder/secrets/ampoule-keys.json"
fi
if kube get secret ampoule-scripts >/dev/null 2>&1; then
    printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ampoule-scripts"},"type":"Opaque","data":%s}\n' "$(kube get secret ampoule-scripts --output 'jsonpath={.data}')" >"$folder/secrets/ampoule-scripts.json"
fi
stop_all
if kube get statefulset ampoule-manager >/dev/null 2>&1; then
    with_volume ampoule-manager
    kube exec ampoule-manager-volume -- tar -c -f - -C /data . >"$folder/ampoule-manager.tar"
    without_volume ampoule-manager
fi
if kube get secret ampoule-database >/dev/null 2>&1; then
    pg_dump --format custom --schema ampoule --file "$folder/database.dump" --dbname "$(url ampoule-database url)"
fi
start
# The last thing that is written: without it, the backup is none.
date --utc --iso-8601=seconds >"$folder/complete"
