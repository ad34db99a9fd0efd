package kstone;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.*;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

/**
 * Follows a stream as the adapter of the Kinesis Client Library does: a lease for each shard, a checkpoint in each lease,
 * children after their parents, and a consumer that starts again in the middle. Writers write meanwhile, enough for the shard
 * to be split.
 */
final class StreamConsumer {
    private static final String TABLE = "sdk-java-stream";
    private static final int WRITERS = 2;
    private static final int ITEMS = 50;
    private static final int ROUNDS = 130;
    private static final int CHANGES = WRITERS * ITEMS * ROUNDS;

    private static final class Lease {
        final String parent;
        /** The number of the last record that was handed on; null before the first. */
        String checkpoint;
        boolean isFinished;
        /** Lost when the consumer starts again. */
        String iterator;

        Lease(String parent) {
            this.parent = parent;
        }
    }

    private final DynamoDbStreamsClient streams;
    private final String arn;
    private final Map<String, Lease> leases = new LinkedHashMap<>();
    private final Map<String, Integer> lastRounds = new HashMap<>();
    private int seen;

    private StreamConsumer(DynamoDbStreamsClient streams, String arn) {
        this.streams = streams;
        this.arn = arn;
    }

    static void follow(DynamoDbClient db, URI endpoint, AwsCredentialsProvider credentials) {
        TableDescription table = db.createTable(request -> request.tableName(TABLE).billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(attribute -> attribute.attributeName("pk").attributeType(ScalarAttributeType.S))
                .keySchema(key -> key.attributeName("pk").keyType(KeyType.HASH))
                .streamSpecification(stream -> stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES)))
                .tableDescription();
        db.waiter().waitUntilTableExists(request -> request.tableName(TABLE));
        try (DynamoDbStreamsClient streams = DynamoDbStreamsClient.builder()
                .endpointOverride(endpoint).region(Region.US_EAST_1).credentialsProvider(credentials).build()) {
            StreamConsumer consumer = new StreamConsumer(streams, table.latestStreamArn());
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int number = writer;
                writers.add(CompletableFuture.runAsync(() -> write(db, number)));
            }
            consumer.runUntil(CHANGES / 2);
            consumer.leases.values().forEach(lease -> lease.iterator = null);
            consumer.runUntil(CHANGES);
            writers.forEach(CompletableFuture::join);
            check(consumer.poll() == 0 && consumer.seen == CHANGES, consumer.seen + " changes instead of " + CHANGES);
            check(consumer.leases.values().stream().anyMatch(lease -> lease.parent != null), "no shard was split");
        }
        db.deleteTable(request -> request.tableName(TABLE));
    }

    /** Every item's round goes up by one from put to put. */
    private static void write(DynamoDbClient db, int writer) {
        for (int round = 0; round < ROUNDS; round++) {
            for (int first = 0; first < ITEMS; first += 25) {
                List<WriteRequest> requests = new ArrayList<>();
                for (int i = first; i < first + 25; i++) {
                    Map<String, AttributeValue> item = Map.of("pk", AttributeValue.fromS(writer + "-" + i),
                            "round", AttributeValue.fromN(Integer.toString(round)));
                    requests.add(WriteRequest.builder().putRequest(put -> put.item(item)).build());
                }
                check(db.batchWriteItem(request -> request.requestItems(Map.of(TABLE, requests))).unprocessedItems().isEmpty(),
                        "unprocessed items");
            }
        }
    }

    private void runUntil(int count) {
        for (long end = System.nanoTime() + 120_000_000_000L; seen < count; poll()) {
            check(System.nanoTime() < end, seen + " changes after two minutes");
        }
    }

    /** One look at every shard that may be read now. Answers how many records there were. */
    private int poll() {
        int before = seen;
        String last = null;
        do {
            String after = last;
            StreamDescription page = streams
                    .describeStream(request -> request.streamArn(arn).exclusiveStartShardId(after)).streamDescription();
            page.shards().forEach(shard -> leases.putIfAbsent(shard.shardId(), new Lease(shard.parentShardId())));
            last = page.lastEvaluatedShardId();
        } while (last != null);
        leases.forEach((shard, lease) -> {
            Lease parent = leases.get(lease.parent);
            if (!lease.isFinished && (parent == null || parent.isFinished)) read(shard, lease);
        });
        return seen - before;
    }

    private void read(String shard, Lease lease) {
        if (lease.iterator == null) {
            lease.iterator = streams.getShardIterator(request -> request.streamArn(arn).shardId(shard)
                    .shardIteratorType(lease.checkpoint == null ? ShardIteratorType.TRIM_HORIZON : ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .sequenceNumber(lease.checkpoint)).shardIterator();
        }
        GetRecordsResponse answer = streams.getRecords(request -> request.shardIterator(lease.iterator));
        for (software.amazon.awssdk.services.dynamodb.model.Record record : answer.records()) {
            StreamRecord change = record.dynamodb();
            int round = Integer.parseInt(change.newImage().get("round").n());
            Integer previous = lastRounds.put(change.keys().get("pk").s(), round);
            check(round == (previous == null ? 0 : previous + 1), record);
            check(record.eventName() == (previous == null ? OperationType.INSERT : OperationType.MODIFY), record);
            check(previous == null || change.oldImage().get("round").n().equals(previous.toString()), record);
            lease.checkpoint = change.sequenceNumber();
            seen++;
        }
        lease.iterator = answer.nextShardIterator();
        lease.isFinished = lease.iterator == null;
    }

    private static void check(boolean holds, Object what) {
        if (!holds) throw new AssertionError(what.toString());
    }
}
