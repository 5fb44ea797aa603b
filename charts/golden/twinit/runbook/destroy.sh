#!/usr/bin/env bash
# twinit: destroy. Takes the platform away, with everything that it keeps in the cluster.
#
#   runbook/destroy.sh FOLDER
set -euo pipefail
umask 077
namespace=${NAMESPACE:-twinit}
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
helm uninstall dtreference --namespace "$namespace" --ignore-not-found --wait
helm uninstall dtplugins --namespace "$namespace" --ignore-not-found --wait
helm uninstall dtconsole --namespace "$namespace" --ignore-not-found --wait
helm uninstall dtplatform --namespace "$namespace" --ignore-not-found --wait

echo '== 2. Delete the data'
read -r -p "This cannot be taken back. Type $namespace to go on: " answer || true
[[ ${answer:-} == "$namespace" ]] || refused "nothing was done"
kube delete persistentvolumeclaim data-dtplatform-scriptmanager-0 --ignore-not-found
kube delete persistentvolumeclaim staticwebsvc --ignore-not-found
kube delete secret aisvc --ignore-not-found
kube delete secret datasourcesvc --ignore-not-found
kube delete secret filesvc --ignore-not-found
kube delete secret identity-signing --ignore-not-found
kube delete secret itemsvc --ignore-not-found
kube delete secret notificationsvc --ignore-not-found
kube delete secret objectmodelsvc --ignore-not-found
kube delete secret passportsvc --ignore-not-found
kube delete secret scripts --ignore-not-found
kube delete secret workflowsvc --ignore-not-found
kubectl delete namespace "$namespace"
