//! A server is killed under writes of every kind, again and again. Each time items, indexes, stream, expiry and tokens agree:
//! nothing is doubled and nothing is missing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    Put, PutRequest, StreamViewType, TimeToLiveSpecification, TransactWriteItem, Update, WriteRequest,
};
use aws_sdk_dynamodbstreams::types::{OperationType, Record};
use compat_tests::items::{get, scan};
use compat_tests::statement::statement;
use compat_tests::stream::{change, sequence_number};
use compat_tests::table::{all, keys_only};
use compat_tests::value::{IntoValue, Item, integer, text};
use compat_tests::{Server, Stream, Table, item};

const WRITERS: u64 = 4;
/// Rows of a writer that are written again and again. Beyond them lie those that expire.
const ROWS: u64 = 12;

fn now() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A write that is on its way: what it makes of which rows, and by which transaction.
#[derive(Default)]
struct Pending {
    rows: Vec<(i64, Option<Item>)>,
    transaction: Option<Transaction>,
}

#[derive(Clone)]
struct Transaction {
    token: String,
    actions: Vec<TransactWriteItem>,
}

/// Writes its own rows, so that it knows what is in them.
struct Writer {
    pk: String,
    random: Random,
    rows: BTreeMap<i64, Item>,
    transactions: Vec<Transaction>,
    pending: Pending,
    /// Goes up with every write.
    version: i64,
}

/// The answer never came: the server was killed.
struct Killed;

impl Writer {
    fn new(number: u64) -> Self {
        Self {
            pk: format!("writer {number}"),
            random: Random(number + 1),
            rows: BTreeMap::new(),
            transactions: Vec::new(),
            pending: Pending::default(),
            version: 0,
        }
    }

    fn key(&self, sk: i64) -> Item {
        item! { "pk" => self.pk.as_str(), "sk" => sk }
    }

    fn new_row(&mut self, sk: i64) -> Item {
        let mut row = self.key(sk);
        row.extend(item! {
            "version" => self.version, "g" => format!("g{}", self.random.below(5)), "n" => self.version,
            "payload" => "x".repeat(self.random.below(3_000) as usize),
        });
        if self.random.below(2) == 0 {
            row.extend(item! { "r" => format!("r{}", self.random.below(100)), "exp" => now() + 100_000 });
        }
        row
    }

    async fn write_until_killed(mut self, db: Client) -> Self {
        while self.write(&db).await.is_ok() {}
        self
    }

    async fn write(&mut self, db: &Client) -> Result<(), Killed> {
        self.version += 1;
        let sk = self.random.below(ROWS) as i64;
        let is_there = self.rows.contains_key(&sk);
        match self.random.below(10) {
            0 | 1 => self.put(db, sk).await?,
            2 if is_there => self.update(db, sk).await?,
            3 => self.delete(db, sk).await?,
            4 => self.execute(db, sk).await?,
            5 => self.put_batch(db, sk).await?,
            6 | 7 => self.put_row_that_expires(db).await?,
            _ => self.transact(db, sk).await?,
        }
        self.acknowledged();
        Ok(())
    }

    async fn put(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        let row = self.new_row(sk);
        self.pending.rows = vec![(sk, Some(row.clone()))];
        answered(db.put_item().table_name("rows").set_item(Some(row)).send().await).map(drop)
    }

    async fn update(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        let mut row = self.rows[&sk].clone();
        row.remove("r");
        row.extend(item! { "version" => self.version, "g" => "updated" });
        self.pending.rows = vec![(sk, Some(row))];
        let update = db.update_item().table_name("rows").set_key(Some(self.key(sk)));
        let update = update.update_expression("SET version = :v, g = :g REMOVE r");
        let values = item! { ":v" => self.version, ":g" => "updated" };
        answered(update.set_expression_attribute_values(Some(values)).send().await).map(drop)
    }

    async fn delete(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        self.pending.rows = vec![(sk, None)];
        answered(db.delete_item().table_name("rows").set_key(Some(self.key(sk))).send().await).map(drop)
    }

    /// By a statement: an INSERT, or an UPDATE that takes the row out of an index.
    async fn execute(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        let version = self.version.into_value();
        let (pk, sort) = (self.pk.as_str().into_value(), sk.into_value());
        let (row, text) = match self.rows.get(&sk) {
            None => {
                let mut row = self.key(sk);
                row.extend(item! { "version" => self.version });
                (row, "INSERT INTO \"rows\" VALUE {'version': ?, 'pk': ?, 'sk': ?}")
            }
            Some(row) => {
                let mut row = row.clone();
                row.remove("g");
                row.extend(item! { "version" => self.version });
                (row, "UPDATE \"rows\" SET version = ? REMOVE g WHERE pk = ? AND sk = ?")
            }
        };
        self.pending.rows = vec![(sk, Some(row))];
        answered(statement(db, text, &[version, pk, sort]).send().await).map(drop)
    }

    async fn put_batch(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        let rows: Vec<_> = (0..3).map(|i| (sk + i) % ROWS as i64).map(|sk| (sk, self.new_row(sk))).collect();
        let put = |row: &Item| PutRequest::builder().set_item(Some(row.clone())).build().unwrap();
        let requests = rows.iter().map(|(_, row)| WriteRequest::builder().put_request(put(row)).build()).collect();
        self.pending.rows = rows.into_iter().map(|(sk, row)| (sk, Some(row))).collect();
        answered(db.batch_write_item().request_items("rows", requests).send().await).map(drop)
    }

    /// At once, or in a second or two. Nobody touches it again.
    async fn put_row_that_expires(&mut self, db: &Client) -> Result<(), Killed> {
        let mut row = self.new_row(ROWS as i64 + self.version);
        row.extend(item! { "exp" => now() - 1 + self.random.below(3) as i64 });
        answered(db.put_item().table_name("rows").set_item(Some(row)).send().await).map(drop)
    }

    /// A row, a receipt and the count of all receipts.
    async fn transact(&mut self, db: &Client, sk: i64) -> Result<(), Killed> {
        let row = self.new_row(sk);
        let token = format!("{}/{}", self.pk, self.version);
        let receipt =
            item! { "pk" => "receipts", "sk" => self.version * 10 + self.number(), "token" => token.as_str() };
        let put = |item: &Item| {
            let put = Put::builder().table_name("rows").set_item(Some(item.clone())).build().unwrap();
            TransactWriteItem::builder().put(put).build()
        };
        let count = Update::builder().table_name("rows").set_key(Some(item! { "pk" => "count", "sk" => 0 }));
        let count = count.update_expression("ADD receipts :one").expression_attribute_values(":one", 1.into_value());
        let count = TransactWriteItem::builder().update(count.build().unwrap()).build();
        let transaction = Transaction { token, actions: vec![put(&row), put(&receipt), count] };
        self.pending = Pending { rows: vec![(sk, Some(row))], transaction: Some(transaction.clone()) };
        if !run(db, &transaction).await? {
            self.pending = Pending::default();
        }
        Ok(())
    }

    /// Tells the writers' receipts apart.
    fn number(&self) -> i64 {
        self.pk.bytes().last().map_or(0, |digit| i64::from(digit - b'0'))
    }

    fn acknowledged(&mut self) {
        let Pending { rows, transaction } = std::mem::take(&mut self.pending);
        for (sk, row) in rows {
            match row {
                Some(row) => drop(self.rows.insert(sk, row)),
                None => drop(self.rows.remove(&sk)),
            }
        }
        self.transactions.extend(transaction);
    }

    /// After the server is back: what was on its way was done or it was not, row by row. A transaction is sent again, with the
    /// token that it had, and so are some that were acknowledged.
    async fn settle(&mut self, db: &Client) {
        match self.pending.transaction.clone() {
            Some(transaction) => {
                assert!(run(db, &transaction).await.is_ok_and(|is_done| is_done), "{}", transaction.token);
                self.acknowledged();
            }
            None => {
                for (sk, after) in std::mem::take(&mut self.pending.rows) {
                    let stored = get(db, "rows", self.key(sk)).await;
                    assert!(stored == after || stored.as_ref() == self.rows.get(&sk), "{} {sk}: {stored:?}", self.pk);
                    self.pending = Pending { rows: vec![(sk, stored)], transaction: None };
                    self.acknowledged();
                }
            }
        }
        for transaction in self.transactions.iter().rev().take(3) {
            assert!(run(db, transaction).await.is_ok_and(|is_done| is_done), "{}", transaction.token);
        }
    }
}

fn answered<T, E: std::fmt::Debug, R: std::fmt::Debug>(outcome: Result<T, SdkError<E, R>>) -> Result<T, Killed> {
    outcome.map_err(|error| {
        assert!(error.raw_response().is_none(), "{error:?}");
        Killed
    })
}

/// False if it met another transaction and was cancelled.
async fn run(db: &Client, transaction: &Transaction) -> Result<bool, Killed> {
    let request = db.transact_write_items().set_transact_items(Some(transaction.actions.clone()));
    match request.client_request_token(&transaction.token).send().await {
        Ok(_) => Ok(true),
        Err(error) if error.raw_response().is_some() => {
            let error = error.into_service_error();
            assert!(error.is_transaction_canceled_exception(), "{error:?}");
            Ok(false)
        }
        Err(_) => Err(Killed),
    }
}

/// What no sweep has deleted yet although it is due.
async fn until_nothing_is_due(db: &Client) -> Vec<Item> {
    let begin = Instant::now();
    loop {
        let stored = scan(db, "rows", None).await;
        if stored.iter().all(|item| !item.contains_key("exp") || integer(item, "exp") > now() + 1_000) {
            return stored;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "expired items stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

type ByKey = BTreeMap<(String, i64), Item>;

fn by_key(items: impl IntoIterator<Item = Item>) -> ByKey {
    items.into_iter().map(|item| (key_of(&item), item)).collect()
}

fn key_of(item: &Item) -> (String, i64) {
    (text(item, "pk").to_owned(), integer(item, "sk"))
}

async fn check(db: &Client, stream: &Stream, writers: &[Writer]) {
    let stored = by_key(until_nothing_is_due(db).await);

    let receipts: HashSet<_> =
        stored.values().filter(|item| text(item, "pk") == "receipts").map(|item| text(item, "token")).collect();
    let tokens: HashSet<_> =
        writers.iter().flat_map(|writer| &writer.transactions).map(|transaction| transaction.token.as_str()).collect();
    assert!(receipts == tokens, "receipts of other transactions than those that were done");
    let count = stored.get(&("count".to_owned(), 0)).map_or(0, |item| integer(item, "receipts"));
    assert_eq!(count, tokens.len() as i64, "transactions were done twice or in part");
    let rows = stored.iter().filter(|((pk, _), _)| pk.starts_with("writer")).map(|(_, item)| item.clone());
    let written = writers.iter().flat_map(|writer| writer.rows.values().cloned());
    assert!(by_key(rows) == by_key(written), "other rows than those that were written");

    let with =
        |names: &'static [&str]| stored.values().filter(move |item| names.iter().all(|name| item.contains_key(*name)));
    let by_g = scan(db, "rows", Some("by-g")).await;
    assert_eq!(by_g.len(), with(&["g", "n"]).count(), "rows in an index, and items that belong there");
    assert!(by_key(by_g) == by_key(with(&["g", "n"]).cloned()));
    let by_r = scan(db, "rows", Some("by-r")).await;
    assert_eq!(by_r.len(), with(&["r"]).count());
    let keys = |item: &Item| {
        item.iter()
            .filter(|(name, _)| ["pk", "sk", "r"].contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    assert!(by_key(by_r) == by_key(with(&["r"]).map(keys)));

    assert!(replayed(&stream.records().await) == stored, "the stream tells of other items");
}

/// What the records come to, each of which has to fit what the ones before it left.
fn replayed(records: &[Record]) -> ByKey {
    let mut items = ByKey::new();
    let mut last_numbers: HashMap<(String, i64), &str> = HashMap::new();
    let mut numbers = HashSet::new();
    for record in records {
        let change = change(record);
        let key = key_of(&change.keys);
        let number = sequence_number(record);
        assert!(numbers.insert(number), "{number} is there twice");
        let last = last_numbers.insert(key.clone(), number);
        assert!(last.is_none_or(|last| last < number), "{number} comes after {last:?}");
        assert_eq!(change.old.as_ref(), items.get(&key), "{key:?} before {number}");
        let is_expiry = record.user_identity().is_some();
        if is_expiry {
            assert_eq!(record.event_name(), Some(&OperationType::Remove));
            assert!(integer(change.old.as_ref().unwrap(), "exp") <= now(), "{key:?} was not due");
        }
        assert!(is_expiry || change.new.is_some() || key.1 < ROWS as i64, "nobody deleted {key:?}");
        match change.new {
            Some(new) => drop(items.insert(key, new)),
            None => drop(items.remove(&key)),
        }
    }
    items
}

async fn survives_kills(kills: usize, load_time: Duration) {
    let mut server = Server::on_disk_with(&["--memtable-bytes", "1MiB"]);
    let db = server.client();
    let table = Table::new("pk:S sk:N").gsi("by-g", "g:S n:N", all()).lsi("by-r", "r:S", keys_only());
    let stream = Stream::create(&server, &table, "rows", StreamViewType::NewAndOldImages).await;
    let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name("exp").build().unwrap();
    db.update_time_to_live().table_name("rows").time_to_live_specification(specification).send().await.unwrap();
    let mut writers: Vec<_> = (0..WRITERS).map(Writer::new).collect();
    for _ in 0..kills {
        let tasks: Vec<_> =
            writers.drain(..).map(|writer| tokio::spawn(writer.write_until_killed(server.client()))).collect();
        tokio::time::sleep(load_time).await;
        let stopped = server.kill();
        for task in tasks {
            writers.push(task.await.unwrap());
        }
        server = stopped.reopen();
        let db = server.client();
        for writer in &mut writers {
            writer.settle(&db).await;
        }
        check(&db, &stream.at(&server), &writers).await;
    }
    assert!(
        writers.iter().all(|writer| writer.version > 10 && !writer.transactions.is_empty()),
        "too little was written"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_indexes_stream_expiry_and_tokens_agree_after_kills() {
    survives_kills(4, Duration::from_millis(300)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a hundred kills take minutes: run it with --release"]
async fn items_indexes_stream_expiry_and_tokens_agree_after_a_hundred_kills() {
    survives_kills(100, Duration::from_millis(500)).await;
}
