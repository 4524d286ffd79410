#!/usr/bin/env bash
# Publishes the boxes of a version in a folder or in a bucket of Amazon S3: boxes and report first, the
# catalog last.
#
# Variables: WORK_DIR; BOXES (JSON list, the box that the report is about first: [{"file":"..","sha256":"..",
#   "provider":"virtualbox","architecture":"amd64"}]), BOX_NAME, BOX_VERSION, TOOL (the bundled publisher);
#   PUBLISH_DIR (folder of the catalogs), or PUBLISH_BUCKET, PUBLISH_PREFIX (may be empty) and AWS_REGION.
#   Optional: PUBLISH_URL, PRIVATE_ADDRESS, DESCRIPTION, PROOF_DIR, COST, PACKAGES_FILE, PROVENANCE, STAGES; see ops/publish/cli.ts.
# Needs: node, jq; for a bucket the credentials of the machine's role, or those the AWS SDK finds.
# Makes: below the folder or prefix, $BOX_NAME/$BOX_VERSION and an entry in $BOX_NAME/catalog.json.
# Prints: {"stage":"publish","seconds":0.2,"path":"..","inputBytes":..,"outputBytes":..,"sha256":"..",
#          "boxUrl":"file://..","boxUrls":[".."],"catalogUrl":"file://..","reportUrl":"file://.."}
#
# By hand:
#   WORK_DIR=/var/tmp/box BOX_NAME=demo BOX_VERSION=1.0.0 PUBLISH_DIR=out TOOL=.ami2box/tools/publish.js \
#   BOXES='[{"file":"demo.box","sha256":"..","provider":"virtualbox","architecture":"amd64"}]' \
#   scripts/run-stage.sh publish 600
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin publish BOXES BOX_NAME BOX_VERSION TOOL

published=$(node "$TOOL") || exit 1
fact() {
  jq -r --arg name "$1" '.[$name]' <<<"$published"
}
bytes=$(fact bytes)
stage_end path="$(fact path)" inputBytes:="$bytes" outputBytes:="$bytes" \
  sha256="$(jq -r '.[0].sha256' <<<"$BOXES")" boxUrl="$(fact boxUrl)" boxUrls:="$(jq -c .boxUrls <<<"$published")" \
  catalogUrl="$(fact catalogUrl)" reportUrl="$(fact reportUrl)"
