#!/usr/bin/env bash
# Publishes the box in a folder: the box and its report first, the catalog last.
#
# Variables: WORK_DIR; BOX (file), BOX_SHA256, BOX_NAME, BOX_VERSION, PUBLISH_DIR (folder of the catalogs),
# TOOL (the bundled publisher). Optional: DESCRIPTION, PROOF_DIR, PROVENANCE, STAGES; see ops/publish/cli.ts.
# Needs: node, jq.
# Makes: $PUBLISH_DIR/$BOX_NAME/$BOX_VERSION and an entry in $PUBLISH_DIR/$BOX_NAME/catalog.json.
# Prints: {"stage":"publish","seconds":0.2,"path":"..","inputBytes":..,"outputBytes":..,"sha256":"..",
#          "boxUrl":"file://..","catalogUrl":"file://..","reportUrl":"file://.."}
#
# By hand:
#   WORK_DIR=/var/tmp/box BOX=demo.box BOX_SHA256=.. BOX_NAME=demo BOX_VERSION=1.0.0 PUBLISH_DIR=out \
#   TOOL=.ami2box/tools/publish.js scripts/run-stage.sh publish 600
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin publish BOX BOX_SHA256 BOX_NAME BOX_VERSION PUBLISH_DIR TOOL

published=$(node "$TOOL") || exit 1
fact() {
  jq -r --arg name "$1" '.[$name]' <<<"$published"
}
bytes=$(fact bytes)
stage_end path="$(fact versionDirectory)" inputBytes:="$bytes" outputBytes:="$bytes" sha256="$BOX_SHA256" \
  boxUrl="$(fact boxUrl)" catalogUrl="$(fact catalogUrl)" reportUrl="$(fact reportUrl)"
