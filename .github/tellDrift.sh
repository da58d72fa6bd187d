#!/usr/bin/env bash
# Opens an issue about a stack's drift, keeps the one that is open up to date, and closes it once there is none.
# Usage: tellDrift.sh STACK STATUS FILE RUN, with the exit status of `pulumi refresh`, what it printed, and the
# address of the workflow's run. Needs `gh` with GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail

stack=$1 status=$2 output=$3 run=$4
title="Drift of $stack"
number=$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --search "in:title \"$title\"" \
  --json number,title --jq "map(select(.title == \"$title\"))[0].number // empty")

if [ "$status" = 0 ]; then
  if [ -n "$number" ]; then
    gh issue close "$number" --repo "$GITHUB_REPOSITORY" --comment "What is deployed is what Pulumi knows again: $run"
  fi
  exit 0
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  echo "\`pulumi refresh --stack $stack --preview-only\` found changes, or failed: $run"
  echo
  echo "Bring what was changed by hand into the program and deploy it, or undo it by \`pulumi up\`."
  echo
  echo '```diff'
  # GitHub takes 65,536 characters; the end says what differs in all.
  tail -c 60000 "$output"
  echo
  echo '```'
} >"$body"
if [ -n "$number" ]; then
  gh issue edit "$number" --repo "$GITHUB_REPOSITORY" --body-file "$body"
else
  gh issue create --repo "$GITHUB_REPOSITORY" --title "$title" --body-file "$body"
fi
exit 1
