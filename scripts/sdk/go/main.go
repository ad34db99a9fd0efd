// The Go SDK v2: the scenario of scripts/sdk.sh.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const table = "sdk-go"

var ctx = context.Background()

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func check(holds bool, what any) {
	if !holds {
		panic(fmt.Sprint(what))
	}
}

func s(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
func n(i int) types.AttributeValue       { return &types.AttributeValueMemberN{Value: strconv.Itoa(i)} }

func sk(item map[string]types.AttributeValue) int {
	return must(strconv.Atoi(item["sk"].(*types.AttributeValueMemberN).Value))
}

func main() {
	db := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(os.Getenv("ENDPOINT")),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("sdk", "sdk", ""),
	})
	create(db)
	everyType(db)
	queryAndPage(db)
	typedErrors(db)
	must(db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(table)}))
	fmt.Println("go: ok")
}

func create(db *dynamodb.Client) {
	attribute := func(name string, of types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: of}
	}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
	}
	must(db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            aws.String(table),
		AttributeDefinitions: []types.AttributeDefinition{attribute("pk", "S"), attribute("sk", "N"), attribute("colour", "S")},
		KeySchema:            []types.KeySchemaElement{key("pk", "HASH"), key("sk", "RANGE")},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String("by-colour"),
			KeySchema:  []types.KeySchemaElement{key("colour", "HASH"), key("sk", "RANGE")},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
		BillingMode: types.BillingModePayPerRequest,
	}))
	waiter := dynamodb.NewTableExistsWaiter(db)
	err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)}, 10*time.Second)
	check(err == nil, err)
}

func everyType(db *dynamodb.Client) {
	item := map[string]types.AttributeValue{
		"pk": s("types"), "sk": &types.AttributeValueMemberN{Value: "1.5"}, "text": s("né"),
		"flag": &types.AttributeValueMemberBOOL{Value: true}, "none": &types.AttributeValueMemberNULL{Value: true},
		"bytes":   &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"list":    &types.AttributeValueMemberL{Value: []types.AttributeValue{n(1), s("a")}},
		"map":     &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"deep": s("x")}},
		"strings": &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
		"numbers": &types.AttributeValueMemberNS{Value: []string{"1", "2.5"}},
	}
	must(db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: item}))
	key := map[string]types.AttributeValue{"pk": item["pk"], "sk": item["sk"]}
	got := must(db.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: key, ConsistentRead: aws.Bool(true)})).Item
	check(len(got) == len(item), got)
	check(got["text"].(*types.AttributeValueMemberS).Value == "né", got["text"])
	check(bytes.Equal(got["bytes"].(*types.AttributeValueMemberB).Value, []byte{0, 255}), got["bytes"])
	check(fmt.Sprint(got["strings"].(*types.AttributeValueMemberSS).Value) == "[a b]", got["strings"])
}

func queryAndPage(db *dynamodb.Client) {
	var requests []types.WriteRequest
	var red []int
	for i := 0; i < 60; i++ {
		colour := "blue"
		if i%3 != 0 {
			colour = "red"
			red = append(red, i)
		}
		item := map[string]types.AttributeValue{"pk": s("rows"), "sk": n(i), "colour": s(colour)}
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		if len(requests) == 20 {
			batch := &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}}
			check(len(must(db.BatchWriteItem(ctx, batch)).UnprocessedItems) == 0, "unprocessed items")
			requests = nil
		}
	}
	found := must(db.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(table), KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		FilterExpression: aws.String("colour = :c"), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": s("rows"), ":a": n(10), ":b": n(49), ":c": s("red")},
	}))
	check(found.ScannedCount == 40 && sk(found.Items[0]) == 49, found)

	var paged []int
	query := dynamodb.NewQueryPaginator(db, &dynamodb.QueryInput{
		TableName: aws.String(table), IndexName: aws.String("by-colour"), KeyConditionExpression: aws.String("colour = :c"), Limit: aws.Int32(7),
		ExpressionAttributeValues: map[string]types.AttributeValue{":c": s("red")},
	})
	for query.HasMorePages() {
		for _, item := range must(query.NextPage(ctx)).Items {
			paged = append(paged, sk(item))
		}
	}
	check(fmt.Sprint(paged) == fmt.Sprint(red), paged)
	scanned := 0
	scan := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: aws.String(table), Limit: aws.Int32(9)})
	for scan.HasMorePages() {
		scanned += int(must(scan.NextPage(ctx)).Count)
	}
	check(scanned == 61, scanned)
}

func typedErrors(db *dynamodb.Client) {
	key := map[string]types.AttributeValue{"pk": s("counter"), "sk": n(0)}
	updated := must(db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(table), Key: key, UpdateExpression: aws.String("ADD n :one"), ReturnValues: types.ReturnValueUpdatedNew,
		ExpressionAttributeValues: map[string]types.AttributeValue{":one": n(1)},
	}))
	check(updated.Attributes["n"].(*types.AttributeValueMemberN).Value == "1", updated)

	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(table), Item: key, ConditionExpression: aws.String("attribute_not_exists(pk)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	check(errors.As(err, &failed), err)
	check(failed.Item["n"].(*types.AttributeValueMemberN).Value == "1", failed.Item)

	_, err = db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("nowhere")})
	var missing *types.ResourceNotFoundException
	check(errors.As(err, &missing), err)

	_, err = db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}},
	})
	var inUse *types.ResourceInUseException
	check(errors.As(err, &inUse), err)
}
