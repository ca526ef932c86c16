#!/bin/sh
# One whole workflow with the AWS CLI: data in, model trained, recommendations out, an event, and everything deleted again.
#   tastemaker local                                   # in another terminal
#   sh examples/aws_cli_workflow.sh [ENDPOINT URL]     # http://127.0.0.1:8000 unless another is named
# It needs `aws` on the PATH (pip install awscli) and sh, awk, date, mktemp, tr, cut.
set -eu

endpoint=${1:-http://127.0.0.1:8000}
# A local service takes any keys.
export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-local}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-local}"
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}"
export AWS_PAGER=""
name="cli-$(date +%s)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

call() { # call SERVICE OPERATION OPTION...: the one form of the CLI that everything below uses
    aws --endpoint-url "$endpoint" --output text "$@"
}

await() { # await KIND MEMBER ARN: poll until ACTIVE, and stop with the reason of a failure
    while :; do
        status=$(call personalize "describe-$1" "--$1-arn" "$3" --query "$2.status")
        case $status in
            ACTIVE) echo "ACTIVE  $3"; return ;;
            *FAILED) call personalize "describe-$1" "--$1-arn" "$3" --query "$2.failureReason" >&2; exit 1 ;;
        esac
        sleep 1
    done
}

gone() { # gone KIND ARN: wait until a deleted resource is not found any more
    while call personalize "describe-$1" "--$1-arn" "$2" --query "'still there'" >/dev/null 2>&1; do sleep 1; done
    echo "DELETED $2"
}

echo "# recipes"
call personalize list-recipes --query 'recipes[].name' | tr '\t' '\n'

echo "# data: 60 readers, five shelves of ten books, each reader with a favourite shelf"
awk 'BEGIN { srand(7); print "USER_ID,ITEM_ID,TIMESTAMP"
    for (i = 0; i < 3000; i++) { shelf = rand() < 0.9 ? i % 5 : int(rand() * 5)
        printf "reader-%d,shelf-%d-book-%d,%d\n", i % 60, shelf, int(rand() * 10), 1700000000 + i } }' >"$work/readings.csv"
call s3api create-bucket --bucket "$name" --query Location
call s3api put-object --bucket "$name" --key readings.csv --body "$work/readings.csv" --query ETag
role=$(call iam create-role --role-name "$name" --query Role.Arn --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"personalize.amazonaws.com"},"Action":"sts:AssumeRole"}}')

echo "# schema, dataset group, dataset, import"
schema=$(call personalize create-schema --name "$name" --query schemaArn --schema \
    '{"type":"record","name":"Interactions","namespace":"com.amazonaws.personalize.schema","fields":[
      {"name":"USER_ID","type":"string"},{"name":"ITEM_ID","type":"string"},{"name":"TIMESTAMP","type":"long"}],"version":"1.0"}')
group=$(call personalize create-dataset-group --name "$name" --query datasetGroupArn)
await dataset-group datasetGroup "$group"
dataset=$(call personalize create-dataset --name "$name" --schema-arn "$schema" --dataset-group-arn "$group" \
    --dataset-type Interactions --query datasetArn)
await dataset dataset "$dataset"
job=$(call personalize create-dataset-import-job --job-name "$name" --dataset-arn "$dataset" --role-arn "$role" \
    --data-source "dataLocation=s3://$name/readings.csv" --query datasetImportJobArn)
await dataset-import-job datasetImportJob "$job"
tracker=$(call personalize create-event-tracker --name "$name" --dataset-group-arn "$group" --query '[eventTrackerArn,trackingId]')
tracking_id=$(echo "$tracker" | cut -f2)
tracker=$(echo "$tracker" | cut -f1)
await event-tracker eventTracker "$tracker"

echo "# solution, version, metrics, campaign"
solution=$(call personalize create-solution --name "$name" --dataset-group-arn "$group" --no-perform-auto-training \
    --recipe-arn arn:aws:personalize:::recipe/aws-user-personalization-v2 --query solutionArn)
version=$(call personalize create-solution-version --solution-arn "$solution" --query solutionVersionArn)
await solution-version solutionVersion "$version"
call personalize get-solution-metrics --solution-version-arn "$version" --query metrics --output json
campaign=$(call personalize create-campaign --name "$name" --solution-version-arn "$version" --query campaignArn)
await campaign campaign "$campaign"

recommend() {
    call personalize-runtime get-recommendations --campaign-arn "$campaign" --user-id "$1" --num-results 5 \
        --query 'itemList[].itemId'
}

echo "# recommendations"
echo "reader-1:    $(recommend reader-1)"
echo "a newcomer:  $(recommend newcomer)"
echo "# the newcomer reads two books of shelf 3"
for book in shelf-3-book-1 shelf-3-book-2; do
    call personalize-events put-events --tracking-id "$tracking_id" --user-id newcomer --session-id "$name" \
        --event-list "eventType=read,itemId=$book,sentAt=$(date +%s)"
done
echo "a newcomer:  $(recommend newcomer)"

echo "# everything deleted again, children first"
call personalize delete-campaign --campaign-arn "$campaign" && gone campaign "$campaign"
call personalize delete-solution --solution-arn "$solution" && gone solution "$solution"
call personalize delete-event-tracker --event-tracker-arn "$tracker" && gone event-tracker "$tracker"
call personalize delete-dataset --dataset-arn "$dataset" && gone dataset "$dataset"
call personalize delete-schema --schema-arn "$schema"
call personalize delete-dataset-group --dataset-group-arn "$group" && gone dataset-group "$group"
call s3api delete-object --bucket "$name" --key readings.csv
call s3api delete-bucket --bucket "$name"
call iam delete-role --role-name "$name"
echo "done"
