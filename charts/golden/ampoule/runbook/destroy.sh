#!/usr/bin/env bash
# ampoule: destroy. Takes the install away, with everything that it keeps.
#
#   runbook/destroy.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-ampoule}
here=$(cd "$(dirname "$0")/.." && pwd)
kube() { kubectl --namespace "$namespace" "$@"; }
refused() { echo "refused: $*" >&2; exit 2; }
command -v kubectl >/dev/null || refused "there is no kubectl on the path"
folder=${1:-}
[[ -n $folder ]] || refused "name the folder of the backup"

echo '== 1. Uninstall'
[[ -s $folder/complete ]] || refused "$folder holds no complete backup"
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
helm uninstall ampoule --namespace "$namespace" --ignore-not-found --wait

echo '== 2. Delete the data'
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
kube delete persistentvolumeclaim data-ampoule-manager-0 --ignore-not-found
kube delete persistentvolumeclaim ampoule-journals --ignore-not-found
kube delete secret ampoule-bucket --ignore-not-found
kube delete secret ampoule-database --ignore-not-found
kube delete secret ampoule-keys --ignore-not-found
kube delete secret ampoule-scripts --ignore-not-found
kubectl delete namespace "$namespace"
