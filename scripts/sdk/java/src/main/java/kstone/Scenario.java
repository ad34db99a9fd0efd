package kstone;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.util.VersionInfo;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.*;

/** The Java SDK v2: the scenario of scripts/sdk.sh, with the synchronous client, a little of the asynchronous one, and a consumer of a stream. */
public final class Scenario {
    private static final String TABLE = "sdk-java";
    private static final URI ENDPOINT = URI.create(System.getenv("ENDPOINT"));
    private static final StaticCredentialsProvider CREDENTIALS =
            StaticCredentialsProvider.create(AwsBasicCredentials.create("sdk", "sdk"));

    public static void main(String[] arguments) {
        try (DynamoDbClient db = DynamoDbClient.builder()
                .endpointOverride(ENDPOINT).region(Region.US_EAST_1).credentialsProvider(CREDENTIALS).build()) {
            create(db);
            everyType(db);
            queryAndPage(db);
            typedExceptions(db);
            asynchronously();
            db.deleteTable(request -> request.tableName(TABLE));
            db.waiter().waitUntilTableNotExists(request -> request.tableName(TABLE));
            StreamConsumer.follow(db, ENDPOINT, CREDENTIALS);
        }
        System.out.println("java: ok (aws-sdk-java " + VersionInfo.SDK_VERSION + ")");
    }

    private static void create(DynamoDbClient db) {
        db.createTable(request -> request
                .tableName(TABLE)
                .attributeDefinitions(attribute("pk", ScalarAttributeType.S), attribute("sk", ScalarAttributeType.N),
                        attribute("colour", ScalarAttributeType.S))
                .keySchema(key("pk", KeyType.HASH), key("sk", KeyType.RANGE))
                .globalSecondaryIndexes(index -> index.indexName("by-colour")
                        .keySchema(key("colour", KeyType.HASH), key("sk", KeyType.RANGE))
                        .projection(projection -> projection.projectionType(ProjectionType.ALL)))
                .billingMode(BillingMode.PAY_PER_REQUEST));
        db.waiter().waitUntilTableExists(request -> request.tableName(TABLE));
    }

    private static void everyType(DynamoDbClient db) {
        Map<String, AttributeValue> item = Map.of(
                "pk", s("types"), "sk", AttributeValue.fromN("1.5"), "text", s("né"), "flag", AttributeValue.fromBool(true),
                "none", AttributeValue.fromNul(true), "bytes", AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {0, -1})),
                "list", AttributeValue.fromL(List.of(n(1), s("a"))), "map", AttributeValue.fromM(Map.of("deep", s("x"))),
                "strings", AttributeValue.fromSs(List.of("a", "b")), "numbers", AttributeValue.fromNs(List.of("1", "2.5")));
        db.putItem(request -> request.tableName(TABLE).item(item));
        Map<String, AttributeValue> key = Map.of("pk", item.get("pk"), "sk", item.get("sk"));
        check(db.getItem(request -> request.tableName(TABLE).key(key).consistentRead(true)).item().equals(item), "item");
    }

    private static void queryAndPage(DynamoDbClient db) {
        List<Integer> red = new ArrayList<>();
        for (int start = 0; start < 60; start += 20) {
            List<WriteRequest> requests = new ArrayList<>();
            for (int i = start; i < start + 20; i++) {
                Map<String, AttributeValue> item = Map.of("pk", s("rows"), "sk", n(i), "colour", s(i % 3 == 0 ? "blue" : "red"));
                requests.add(WriteRequest.builder().putRequest(put -> put.item(item)).build());
                if (i % 3 != 0) red.add(i);
            }
            BatchWriteItemResponse written = db.batchWriteItem(request -> request.requestItems(Map.of(TABLE, requests)));
            check(written.unprocessedItems().isEmpty(), written);
        }
        QueryResponse found = db.query(request -> request.tableName(TABLE)
                .keyConditionExpression("pk = :p AND sk BETWEEN :a AND :b").filterExpression("colour = :c").scanIndexForward(false)
                .expressionAttributeValues(Map.of(":p", s("rows"), ":a", n(10), ":b", n(49), ":c", s("red"))));
        check(found.scannedCount() == 40 && found.items().get(0).get("sk").equals(n(49)), found);

        List<Integer> paged = db.queryPaginator(request -> request.tableName(TABLE).indexName("by-colour").limit(7)
                        .keyConditionExpression("colour = :c").expressionAttributeValues(Map.of(":c", s("red"))))
                .items().stream().map(item -> Integer.parseInt(item.get("sk").n())).toList();
        check(paged.equals(red), paged);
        check(db.scanPaginator(request -> request.tableName(TABLE).limit(9)).items().stream().count() == 61, "scan");
    }

    private static void typedExceptions(DynamoDbClient db) {
        Map<String, AttributeValue> key = Map.of("pk", s("counter"), "sk", n(0));
        UpdateItemResponse updated = db.updateItem(request -> request.tableName(TABLE).key(key).updateExpression("ADD n :one")
                .expressionAttributeValues(Map.of(":one", n(1))).returnValues(ReturnValue.UPDATED_NEW));
        check(updated.attributes().equals(Map.of("n", n(1))), updated);
        try {
            db.putItem(request -> request.tableName(TABLE).item(key).conditionExpression("attribute_not_exists(pk)")
                    .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD));
            throw new AssertionError("the condition held");
        } catch (ConditionalCheckFailedException failed) {
            check(failed.item().get("n").equals(n(1)) && failed.statusCode() == 400 && failed.requestId().length() == 52, failed);
            check(failed.awsErrorDetails().errorMessage().equals("The conditional request failed"), failed);
        }
        try {
            db.describeTable(request -> request.tableName("nowhere"));
            throw new AssertionError("nowhere is there");
        } catch (ResourceNotFoundException expected) {
            // As it should be.
        }
        try {
            db.createTable(request -> request.tableName(TABLE).billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(attribute("pk", ScalarAttributeType.S)).keySchema(key("pk", KeyType.HASH)));
            throw new AssertionError("created twice");
        } catch (ResourceInUseException expected) {
            // As it should be.
        }
    }

    private static void asynchronously() {
        try (DynamoDbAsyncClient db = DynamoDbAsyncClient.builder()
                .endpointOverride(ENDPOINT).region(Region.US_EAST_1).credentialsProvider(CREDENTIALS).build()) {
            check(db.scan(request -> request.tableName(TABLE).select(Select.COUNT)).join().count() == 62, "scan");
            try {
                db.describeTable(request -> request.tableName("nowhere")).join();
                throw new AssertionError("nowhere is there");
            } catch (CompletionException error) {
                check(error.getCause() instanceof ResourceNotFoundException, error);
            }
        }
    }

    private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
        return AttributeDefinition.builder().attributeName(name).attributeType(type).build();
    }

    private static KeySchemaElement key(String name, KeyType type) {
        return KeySchemaElement.builder().attributeName(name).keyType(type).build();
    }

    private static AttributeValue s(String text) {
        return AttributeValue.fromS(text);
    }

    private static AttributeValue n(int number) {
        return AttributeValue.fromN(Integer.toString(number));
    }

    private static void check(boolean holds, Object what) {
        if (!holds) throw new AssertionError(what.toString());
    }
}
