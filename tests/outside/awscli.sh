#!/usr/bin/env bash
# check: the aws command line and awslogs list, write and tail on the embedded stack
# needs: python:awscli
# limit: 240
# Only the printed endpoint and keys are used, as in the README: a stranger's client with no knowledge of this project.
set -uo pipefail

failed=0
expect() { # expect WHAT COMMAND...: the command must succeed; its output is shown where it does not
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok   $what"
    else
        echo "FAIL $what"
        sed 's/^/     /' <<<"$output"
        failed=1
    fi
}
contains() { # contains TEXT COMMAND...: the command succeeds and its output holds the text
    local text=$1 output
    shift
    if output=$("$@" 2>&1) && grep -qF -- "$text" <<<"$output"; then return 0; fi
    printf '%s\n' "$output" "(expected: $text)"
    return 1
}
refused() { # refused TEXT COMMAND...: the command fails and says the text
    local text=$1 output
    shift
    output=$("$@" 2>&1) && { printf '%s\n' "$output" "(expected to be refused: $text)"; return 1; }
    grep -qF -- "$text" <<<"$output" || { printf '%s\n' "$output" "(expected: $text)"; return 1; }
}
member() { python3 -c 'import json,sys; value=json.load(open("ready.json"))
for word in sys.argv[1].split("."): value=value[int(word)] if word.isdigit() else value[word]
print(value)' "$1"; }

"$AGENTCORE_BINARY" local -o json --quiet-world >ready.json &
stack=$!
trap 'kill $stack; wait $stack' EXIT
for _ in $(seq 300); do [ -s ready.json ] && break; sleep 0.1; done

AWS_ACCESS_KEY_ID=$(member access_key_id)
AWS_SECRET_ACCESS_KEY=$(member secret_access_key)
AWS_DEFAULT_REGION=$(member region)
AWS_ENDPOINT_URL=$(member endpoint)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_DEFAULT_REGION AWS_ENDPOINT_URL
export AWS_EC2_METADATA_DISABLED=true AWS_DISABLE_HOST_PREFIX_INJECTION=true AWS_PAGER=
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
gateway=$(member deployments.1.gateway_id)
secret=$(member deployments.1.secret_id)
stack_name=$(member deployments.1.stack)
group=$(member deployments.0.log_groups.0)

expect "sts knows the account" contains "$(member account)" aws sts get-caller-identity
expect "gateways are listed" contains "$gateway" aws bedrock-agentcore-control list-gateways
expect "every page is followed" contains "$gateway" aws bedrock-agentcore-control list-gateways --page-size 1
expect "a gateway is described" contains "$(member deployments.1.mcp_url)" aws bedrock-agentcore-control get-gateway --gateway-identifier "$gateway"
expect "its targets are listed" contains targetId aws bedrock-agentcore-control list-gateway-targets --gateway-identifier "$gateway"
expect "runtimes are listed" contains agentRuntimeArn aws bedrock-agentcore-control list-agent-runtimes
expect "an unknown gateway is the service's own error" refused ResourceNotFoundException aws bedrock-agentcore-control get-gateway --gateway-identifier nothing-0123456789
expect "a wrong key is refused" refused "" env AWS_SECRET_ACCESS_KEY=wrong aws bedrock-agentcore-control list-gateways
expect "the stack's outputs are described" contains OutputValue aws cloudformation describe-stacks --stack-name "$stack_name"
expect "the secret's versions are listed" contains AWSCURRENT aws secretsmanager list-secret-version-ids --secret-id "$secret"
expect "the secret's value is read" contains SecretString aws secretsmanager get-secret-value --secret-id "$secret"
expect "log groups are described" contains "$group" aws logs describe-log-groups
expect "log events are filtered" contains events aws logs filter-log-events --log-group-name "$group" --max-items 5

# What is written is there for every reader, ours and others.
expect "a group is created" aws logs create-log-group --log-group-name /outside/awscli
expect "a stream is created" aws logs create-log-stream --log-group-name /outside/awscli --log-stream-name one
now=$(date +%s%3N)
expect "events are put" aws logs put-log-events --log-group-name /outside/awscli --log-stream-name one \
    --log-events "timestamp=$now,message=written by a stranger" "timestamp=$((now + 1)),message=the second line"
expect "events are got" contains "written by a stranger" aws logs get-log-events --log-group-name /outside/awscli --log-stream-name one
expect "awslogs reads them" contains "the second line" awslogs get /outside/awscli ALL --start=5m --color never
expect "awslogs lists the groups" contains /outside/awscli awslogs groups

# The live tail of the aws command, while lines are written.
timeout 20 aws logs start-live-tail --log-group-identifiers \
    "arn:aws:logs:$AWS_DEFAULT_REGION:$(member account):log-group:/outside/awscli" >tail.txt 2>tail.err &
tail=$!
for number in $(seq 12); do
    aws logs put-log-events --log-group-name /outside/awscli --log-stream-name one \
        --log-events "timestamp=$(date +%s%3N),message=live line $number" >/dev/null
    grep -q "live line" tail.txt && break
done
expect "the live tail shows lines while they are written" grep -q "live line" tail.txt
[ "$failed" -eq 0 ] || cat tail.err
kill "$tail" 2>/dev/null
wait "$tail" 2>/dev/null
exit "$failed"
