#!/usr/bin/env bash
# Opens, updates or closes the issue about a stack's drift.
# Usage: tellDrift.sh STACK STATUS FILE RUN, with the exit status and the output of `pulumi refresh`, and the URL of the
# workflow's run. Needs `gh` with GH_TOKEN and GITHUB_REPOSITORY.
set -euo pipefail

stack=$1 status=$2 output=$3 run=$4
title="Drift of $stack"
number=$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --search "in:title \"$title\"" \
  --json number,title --jq "map(select(.title == \"$title\"))[0].number // empty")

if [ "$status" = 0 ]; then
  if [ -n "$number" ]; then
    gh issue close "$number" --repo "$GITHUB_REPOSITORY" --comment "The deployed resources match Pulumi's state again: $run"
  fi
  exit 0
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  echo "\`pulumi refresh --stack $stack --preview-only\` found changes, or failed: $run"
  echo
  echo "Add the manual changes to the program and deploy it, or undo them with \`pulumi up\`."
  echo
  echo '```diff'
  # GitHub's limit is 65,536 characters; the summary is at the end.
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
